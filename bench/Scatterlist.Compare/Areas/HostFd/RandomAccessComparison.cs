using Microsoft.Win32.SafeHandles;
using Scatterlist.Compare.Harness;
using Scatterlist.HostFd;

namespace Scatterlist.Compare.Areas.HostFd;

/// <summary>
/// The first 64 pages of a host buffer, as 64 blocks, against the lists of <see cref="RandomAccess"/> with 64 byte
/// arrays: each side's own kind of memory. That the pages are neighbours, and so one piece to the kernel, is a part of
/// what ours has to offer; byte arrays never are. So is that a host buffer can ask for huge pages, which spares the
/// kernel's copy the walk of the page tables.
/// </summary>
internal sealed class RandomAccessComparison(Direction direction) : Comparison
{
    private const int Count = 64;
    private const int Size = 4096;
    private const ulong Bytes = Count * Size;
    private const nuint HugePage = 2 << 20;

    // Without a reserved pool the fall-back leaves base pages that are marked for transparent huge pages.
    private static readonly HostBufferOptions HugePages = new()
    {
        PageSize = PageSize.Huge2MiB,
        Fallback = PageFallback.Smaller,
    };

    private static readonly BlockLayout Layout = new(Count, Size, Size);

    private Grounds? _grounds;
    private SafeFileHandle? _file;
    private Block[] _blocks = [];
    private Memory<byte>[] _writableArrays = [];
    private ReadOnlyMemory<byte>[] _arrays = [];

    public override string Name =>
        $"{(direction == Direction.Read ? "read" : "write")} 64 x 4 KiB of one buffer, against RandomAccess with byte[]";

    public override Unit Unit => Unit.Microseconds;

    public override Threshold Bar => Threshold.AtMostRatio(0.85);

    public override ulong BytesPerOperation => Bytes;

    public override IReadOnlyList<PeerWay> PeerWays => direction == Direction.Read
        ? [new PeerWay("RandomAccess.Read", ReadArrays)]
        : [new PeerWay("RandomAccess.Write", WriteArrays)];

    // The second-level cache only just holds the file and the memory, and which pages share its sets is a matter of luck:
    // both sides get new memory now and then, while the old is still there.
    public override void BeforeRound(int round)
    {
        if (round % 8 != 0)
            return;
        Grounds? before = _grounds;
        _file?.Dispose();
        Prepare();
        before?.Dispose();
    }

    public override void Prepare()
    {
        _grounds = new Grounds((nuint)Bytes, HugePage, HugePages);
        _file = _grounds.File.ToSafeFileHandle();
        byte[][] arrays = [.. Enumerable.Range(0, Count).Select(_ => new byte[Size])];
        foreach (byte[] array in arrays)
            Array.Fill(array, (byte)0x5a);
        _blocks = Layout.PlaceIn(_grounds.Memory);
        _writableArrays = [.. arrays.Select(array => array.AsMemory())];
        _arrays = [.. arrays.Select(array => new ReadOnlyMemory<byte>(array))];
    }

    public override void RunOurs(int operations)
    {
        var sequence = new BlockSequence(_blocks);
        if (direction == Direction.Read)
        {
            for (int i = 0; i < operations; i++)
                Transfer.Check(HostIO.Preadv2(_grounds!.File, sequence, 0), Bytes);
        }
        else
        {
            for (int i = 0; i < operations; i++)
                Transfer.Check(HostIO.Pwritev2(_grounds!.File, sequence, 0), Bytes);
        }
    }

    public override void Dispose()
    {
        _file?.Dispose();
        _grounds?.Dispose();
    }

    private void ReadArrays(int operations)
    {
        for (int i = 0; i < operations; i++)
        {
            if (RandomAccess.Read(_file!, _writableArrays, 0) != (long)Bytes)
                throw new CannotMeasureException("RandomAccess.Read was short.");
        }
    }

    private void WriteArrays(int operations)
    {
        for (int i = 0; i < operations; i++)
            RandomAccess.Write(_file!, _arrays, 0);
    }
}
