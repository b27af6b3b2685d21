using Scatterlist.Vrtd.Client;

namespace Scatterlist.Vrtd;

public sealed partial class DeviceBuffer
{
    /// <summary>Writes a part of a host buffer to the device. Its pages are held meanwhile.</summary>
    /// <param name="offset">Bytes from this buffer's start.</param>
    /// <param name="source">The host buffer.</param>
    /// <param name="sourceOffset">Where the part starts in it.</param>
    /// <param name="length">Bytes.</param>
    /// <inheritdoc cref="Write(ulong, ReadOnlySpan{byte})"/>
    public void Write(ulong offset, HostBuffer source, nuint sourceOffset, nuint length) =>
        ThrowIfFailed(TryWrite(offset, source, sourceOffset, length), "Write", offset, length);

    /// <summary>Reads from the device into a part of a host buffer. Its pages are held meanwhile.</summary>
    /// <param name="offset">Bytes from this buffer's start.</param>
    /// <param name="destination">The host buffer.</param>
    /// <param name="destinationOffset">Where the part starts in it.</param>
    /// <param name="length">Bytes.</param>
    /// <inheritdoc cref="Read(ulong, Span{byte})"/>
    public void Read(ulong offset, HostBuffer destination, nuint destinationOffset, nuint length) =>
        ThrowIfFailed(TryRead(offset, destination, destinationOffset, length), "Read", offset, length);

    /// <inheritdoc cref="TryWrite(ulong, ReadOnlySpan{byte})"/>
    /// <param name="offset">Bytes from this buffer's start.</param>
    /// <param name="source">The host buffer.</param>
    /// <param name="sourceOffset">Where the part starts in it.</param>
    /// <param name="length">Bytes.</param>
    public IoResult TryWrite(ulong offset, HostBuffer source, nuint sourceOffset, nuint length) =>
        TransferHost(offset, source, sourceOffset, length, toDevice: true);

    /// <inheritdoc cref="TryRead(ulong, Span{byte})"/>
    /// <param name="offset">Bytes from this buffer's start.</param>
    /// <param name="destination">The host buffer.</param>
    /// <param name="destinationOffset">Where the part starts in it.</param>
    /// <param name="length">Bytes.</param>
    public IoResult TryRead(ulong offset, HostBuffer destination, nuint destinationOffset, nuint length) =>
        TransferHost(offset, destination, destinationOffset, length, toDevice: false);

    /// <summary>Writes the bytes of a sequence to the device, one after the other.</summary>
    /// <param name="offset">Bytes from this buffer's start.</param>
    /// <param name="source">
    /// The blocks; the caller keeps them in place. They must not be of the kind that may fault.
    /// </param>
    /// <exception cref="ArgumentException">The blocks may fault.</exception>
    /// <inheritdoc cref="TryWrite(ulong, ReadOnlySpan{byte})"/>
    public IoResult TryWrite(ulong offset, in BlockSequence source)
    {
        CheckTransfer(offset, source.Length, toDevice: true);
        return TransferBlocks(offset, source, toDevice: true);
    }

    /// <summary>Reads from the device into the blocks of a sequence, one after the other.</summary>
    /// <param name="offset">Bytes from this buffer's start.</param>
    /// <param name="destination">
    /// The blocks; the caller keeps them in place. They must not be of the kind that may fault.
    /// </param>
    /// <exception cref="ArgumentException">The blocks may fault.</exception>
    /// <inheritdoc cref="TryRead(ulong, Span{byte})"/>
    public IoResult TryRead(ulong offset, in BlockSequence destination)
    {
        CheckTransfer(offset, destination.Length, toDevice: false);
        return TransferBlocks(offset, destination, toDevice: false);
    }

    private IoResult TransferHost(ulong offset, HostBuffer host, nuint hostOffset, nuint length, bool toDevice)
    {
        ArgumentNullException.ThrowIfNull(host);
        if (hostOffset > host.Length || length > host.Length - hostOffset)
        {
            throw new ArgumentOutOfRangeException(
                nameof(hostOffset),
                $"Offset {hostOffset} and {length} bytes reach outside of the host buffer's {host.Length} bytes.");
        }

        CheckTransfer(offset, length, toDevice);
        NativeHandle pages = host.Handle;
        bool held = false;
        try
        {
            pages.DangerousAddRef(ref held);
            Block block = new((nint)((nuint)pages.DangerousGetHandle() + hostOffset), length);
            return Result(MoveBlock(offset, block, toDevice, out Errno errno), errno);
        }
        finally
        {
            if (held)
                pages.DangerousRelease();
        }
    }

    private IoResult TransferBlocks(ulong offset, in BlockSequence blocks, bool toDevice)
    {
        if (blocks.MayFault)
            throw new ArgumentException("Memory that may fault is copied with SafeCopy first.", nameof(blocks));
        if (blocks.IsEmpty)
            return IoResult.Success(0);
        FileDescriptor descriptor = Hold();
        try
        {
            ulong moved = toDevice
                ? _path.Write(_address + offset, blocks, out Errno errno)
                : _path.Read(_address + offset, blocks, out errno);
            VrtdMetrics.CountTransfer(toDevice, moved, errno);
            return Result(moved, errno);
        }
        finally
        {
            LetGo(descriptor);
        }
    }
}
