namespace Scatterlist.Vrtd;

public sealed unsafe partial class DeviceBuffer
{
    /// <summary>Writes bytes to the device, past the host copy and without another copy.</summary>
    /// <param name="offset">Bytes from the buffer's start; need not be aligned.</param>
    /// <param name="source">Where from.</param>
    /// <inheritdoc cref="SyncToDevice(ulong, ulong)"/>
    public void Write(ulong offset, ReadOnlySpan<byte> source) =>
        ThrowIfFailed(TryWrite(offset, source), "Write", offset, (ulong)source.Length);

    /// <summary>Reads bytes from the device, past the host copy and without another copy.</summary>
    /// <param name="offset">Bytes from the buffer's start; need not be aligned.</param>
    /// <param name="destination">Where to.</param>
    /// <inheritdoc cref="SyncToDevice(ulong, ulong)"/>
    public void Read(ulong offset, Span<byte> destination) =>
        ThrowIfFailed(TryRead(offset, destination), "Read", offset, (ulong)destination.Length);

    /// <summary>
    /// <see cref="Write(ulong, ReadOnlySpan{byte})"/> that returns a failed transfer instead of throwing it. Allocates
    /// nothing.
    /// </summary>
    /// <returns>The bytes that moved, and the error if one ended the transfer early.</returns>
    /// <inheritdoc cref="Write(ulong, ReadOnlySpan{byte})"/>
    public IoResult TryWrite(ulong offset, ReadOnlySpan<byte> source)
    {
        CheckTransfer(offset, (ulong)source.Length, toDevice: true);
        fixed (byte* pointer = source)
        {
            Block block = new(pointer, (nuint)source.Length);
            return Result(MoveBlock(offset, block, toDevice: true, out Errno errno), errno);
        }
    }

    /// <summary>
    /// <see cref="Read(ulong, Span{byte})"/> that returns a failed transfer instead of throwing it. Allocates nothing.
    /// </summary>
    /// <returns>The bytes that moved, and the error if one ended the transfer early.</returns>
    /// <inheritdoc cref="Read(ulong, Span{byte})"/>
    public IoResult TryRead(ulong offset, Span<byte> destination)
    {
        CheckTransfer(offset, (ulong)destination.Length, toDevice: false);
        fixed (byte* pointer = destination)
        {
            Block block = new(pointer, (nuint)destination.Length);
            return Result(MoveBlock(offset, block, toDevice: false, out Errno errno), errno);
        }
    }

    private ulong MoveHeld(ulong offset, ReadOnlySpan<byte> source, out Errno errno)
    {
        fixed (byte* pointer = source)
            return MoveHeld(offset, new Block(pointer, (nuint)source.Length), toDevice: true, out errno);
    }

    private ulong MoveHeld(ulong offset, Span<byte> destination, out Errno errno)
    {
        fixed (byte* pointer = destination)
            return MoveHeld(offset, new Block(pointer, (nuint)destination.Length), toDevice: false, out errno);
    }
}
