namespace Scatterlist.Vrtd.DataPath;

/// <summary>
/// Which of a buffer's two queues moves what, so that both NoC channels of the card work (wire specification, section
/// 7.4): DDR in halves, HBM by the half of the memory that an address lies in.
/// </summary>
internal static class TransferPlan
{
    /// <summary>The most pieces a plan has.</summary>
    public const int MaxPieces = 2;

    /// <summary>The driver's step: host offsets are multiples of it, and DDR is halved at one.</summary>
    public const ulong Granule = 4096;

    private const ulong HbmStart = 0x40_0000_0000;
    private const ulong HbmUpperHalf = HbmStart + (16ul << 30);
    private const ulong HbmEnd = HbmStart + (32ul << 30);

    /// <summary>Splits a range; at least one byte.</summary>
    /// <returns>How many pieces were written.</returns>
    public static int Split(ulong address, ulong length, int queuePairs, Span<TransferPiece> pieces)
    {
        ulong first = queuePairs < 2 ? length
            : address is >= HbmStart and < HbmEnd ? BelowUpperHalf(address, length)
            : length < 2 * Granule ? length
            : (length / 2) & ~(Granule - 1);
        int count = 0;
        if (first != 0)
            pieces[count++] = new TransferPiece(0, 0, address, first);
        if (first == length)
            return count;
        ulong hostOffset = (first + Granule - 1) & ~(Granule - 1);
        pieces[count++] = new TransferPiece(1, hostOffset, address + first, length - first);
        return count;
    }

    private static ulong BelowUpperHalf(ulong address, ulong length) =>
        address >= HbmUpperHalf ? 0 : ulong.Min(length, HbmUpperHalf - address);
}
