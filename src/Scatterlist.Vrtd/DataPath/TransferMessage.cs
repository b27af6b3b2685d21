using System.Buffers.Binary;

namespace Scatterlist.Vrtd.DataPath;

/// <summary>
/// The two structures of the version 2 driver's data path, as bytes: they go to ioctl(2) as they are, and over a socket
/// in the system emulation (wire specification, sections 7.3 and 7.5).
/// </summary>
internal static class TransferMessage
{
    /// <summary>BUF_CREATE: <c>_IOWR('v', 0x54, 24 bytes)</c>.</summary>
    public const uint CreateNumber = 0xC0187654;

    /// <summary>TRANSFER: <c>_IOWR('v', 0x56, 88 bytes)</c>.</summary>
    public const uint TransferNumber = 0xC0587656;

    public const int CreateSize = 24;
    public const int TransferSize = 88;

    public const uint DirectionToDevice = 1;
    public const uint DirectionToHost = 2;

    private const uint CloseOnExec = 0x80000;
    private const int PieceOffset = 8;
    private const int PieceSize = 40;

    public static void WriteCreate(Span<byte> message, ulong length)
    {
        message[..CreateSize].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(message, CreateSize);
        BinaryPrimitives.WriteUInt32LittleEndian(message[4..], CloseOnExec);
        BinaryPrimitives.WriteUInt64LittleEndian(message[8..], length);
    }

    /// <summary>What the driver put behind the length of a BUF_CREATE: the granule of offsets, 0 when it put nothing.</summary>
    public static uint ReadGranule(ReadOnlySpan<byte> message) => BinaryPrimitives.ReadUInt32LittleEndian(message[16..]);

    /// <param name="message">Where to.</param>
    /// <param name="pieces">One or two.</param>
    /// <param name="direction"><see cref="DirectionToDevice"/> or <see cref="DirectionToHost"/>.</param>
    /// <param name="buffer">The host buffer's descriptor, or its index among those sent along.</param>
    public static void WriteTransfer(Span<byte> message, ReadOnlySpan<TransferPiece> pieces, uint direction, int buffer)
    {
        message[..TransferSize].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(message, TransferSize);
        BinaryPrimitives.WriteUInt32LittleEndian(message[4..], (uint)pieces.Length);
        for (int i = 0; i < pieces.Length; i++)
        {
            Span<byte> piece = message.Slice(PieceOffset + (i * PieceSize), PieceSize);
            BinaryPrimitives.WriteUInt32LittleEndian(piece, (uint)pieces[i].Queue);
            BinaryPrimitives.WriteUInt32LittleEndian(piece[4..], direction);
            BinaryPrimitives.WriteInt32LittleEndian(piece[8..], buffer);
            BinaryPrimitives.WriteUInt64LittleEndian(piece[16..], pieces[i].HostOffset);
            BinaryPrimitives.WriteUInt64LittleEndian(piece[24..], pieces[i].DeviceAddress);
            BinaryPrimitives.WriteUInt64LittleEndian(piece[32..], pieces[i].Length);
        }
    }
}
