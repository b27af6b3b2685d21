namespace Scatterlist.Vrtd.Emulator;

internal sealed partial class EmulatedDevice
{
    /// <summary>
    /// Where designs go. It lies in the device's memory file, far below HBM: no buffer can be there.
    /// </summary>
    internal const ulong DesignAddress = 0x1_0210_0000;

    private const int ChunkSize = 1 << 20;

    private int _isWriting;

    /// <summary>Takes the one place that there is for a design write; false when one is running.</summary>
    internal bool TryBeginDesign() => Interlocked.CompareExchange(ref _isWriting, 1, 0) == 0;

    internal void EndDesign() => Volatile.Write(ref _isWriting, 0);

    /// <summary>
    /// Reads the input to its end and writes it to the design's place, in pieces, so that a gigabyte costs one piece
    /// of host memory. Afterwards the control function is removed and found again.
    /// </summary>
    internal VrtdReturnCode WriteDesign(FileDescriptor input, FileDescriptor? waiting, CancellationToken stopping)
    {
        // The previous design's pages first: a shorter one must not be followed by its rest.
        _ = _memory.Zero(DesignAddress, _options.MaxDesignLength);
        byte[] chunk = GC.AllocateUninitializedArray<byte>(ChunkSize);
        ulong written = 0;
        while (true)
        {
            IoResult read = InputStream.Read(input, chunk, waiting, stopping);
            Errno errno = read.Errno;
            if (read.IsSuccess && read.Bytes == 0)
                break;
            if (read.IsSuccess && written + read.Bytes > _options.MaxDesignLength)
                errno = Errno.EFBIG;
            if (errno == Errno.None)
                errno = _memory.Write(chunk.AsSpan(0, (int)read.Bytes), DesignAddress + written);
            if (errno != Errno.None)
            {
                _ = _memory.Zero(DesignAddress, _options.MaxDesignLength);
                return HotplugErrno.ToReturnCode(errno);
            }

            written += read.Bytes;
        }

        lock (_gate)
            _removed &= ~(1 << ControlFunction);
        return VrtdReturnCode.Ok;
    }
}
