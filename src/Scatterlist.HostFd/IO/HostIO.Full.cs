using System.Runtime.InteropServices;

namespace Scatterlist.HostFd;

public static partial class HostIO
{
    /// <summary>
    /// Reads until the blocks are full, the file ends or an error comes, in as many system calls as it takes: any
    /// number
    /// of blocks, and more bytes than one call moves.
    /// </summary>
    /// <param name="descriptor">The descriptor.</param>
    /// <param name="destination">Where the bytes go.</param>
    /// <param name="offset">Where in the file, or -1 for the descriptor's own offset.</param>
    /// <param name="done">Bytes that have moved, with an error too.</param>
    /// <param name="flags">How, for each call.</param>
    /// <returns>
    /// The same bytes; <see cref="IoResult.IsEndOfFile"/> when the file ended first; or the error that ended it, EAGAIN
    /// included.
    /// </returns>
    /// <exception cref="ObjectDisposedException"><paramref name="descriptor"/> is closed.</exception>
    public static IoResult ReadFully(
        SafeHandle descriptor, in BlockSequence destination, long offset, out ulong done,
        ReadWriteFlags flags = ReadWriteFlags.None)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        bool held = false;
        try
        {
            descriptor.DangerousAddRef(ref held);
            return ReadFully((int)descriptor.DangerousGetHandle(), in destination, offset, out done, flags);
        }
        finally
        {
            if (held)
                descriptor.DangerousRelease();
        }
    }

    /// <inheritdoc cref="ReadFully(SafeHandle, in BlockSequence, long, out ulong, ReadWriteFlags)"/>
    public static IoResult ReadFully(
        SafeHandle descriptor, Span<byte> destination, long offset, out ulong done,
        ReadWriteFlags flags = ReadWriteFlags.None)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        bool held = false;
        try
        {
            descriptor.DangerousAddRef(ref held);
            return ReadFully((int)descriptor.DangerousGetHandle(), destination, offset, out done, flags);
        }
        finally
        {
            if (held)
                descriptor.DangerousRelease();
        }
    }

    /// <inheritdoc cref="ReadFully(SafeHandle, in BlockSequence, long, out ulong, ReadWriteFlags)"/>
    public static IoResult ReadFully(
        int descriptor, in BlockSequence destination, long offset, out ulong done,
        ReadWriteFlags flags = ReadWriteFlags.None)
    {
        done = 0;
        BlockSequence rest = destination;
        while (!rest.IsEmpty)
        {
            if (!TryAdvance(offset, done, out long position))
                return IoResult.Failure(Errno.EOVERFLOW, done);
            IoResult result = Preadv2(descriptor, in rest, position, flags);
            done += result.Bytes;
            if (!result.IsSuccess)
                return IoResult.Failure(result.Errno, done);
            if (result.IsEndOfFile)
                return IoResult.EndOfFile(done);
            rest = rest.DropFirst(result.Bytes);
        }

        return IoResult.Success(done);
    }

    /// <inheritdoc cref="ReadFully(SafeHandle, in BlockSequence, long, out ulong, ReadWriteFlags)"/>
    public static IoResult ReadFully(
        int descriptor, Span<byte> destination, long offset, out ulong done,
        ReadWriteFlags flags = ReadWriteFlags.None)
    {
        done = 0;
        while (done < (ulong)destination.Length)
        {
            if (!TryAdvance(offset, done, out long position))
                return IoResult.Failure(Errno.EOVERFLOW, done);
            IoResult result = Preadv2(descriptor, destination[(int)done..], position, flags);
            done += result.Bytes;
            if (!result.IsSuccess)
                return IoResult.Failure(result.Errno, done);
            if (result.IsEndOfFile)
                return IoResult.EndOfFile(done);
        }

        return IoResult.Success(done);
    }

    /// <summary>
    /// Writes until all bytes have moved or an error comes, in as many system calls as it takes: any number of blocks,
    /// and more bytes than one call moves.
    /// </summary>
    /// <param name="descriptor">The descriptor.</param>
    /// <param name="source">The bytes.</param>
    /// <param name="offset">Where in the file, or -1 for the descriptor's own offset.</param>
    /// <param name="done">Bytes that have moved, with an error too.</param>
    /// <param name="flags">How, for each call.</param>
    /// <returns>
    /// The same bytes, or the error that ended it, EAGAIN included. A file that takes no byte and reports no error
    /// gives
    /// EIO.
    /// </returns>
    /// <exception cref="ObjectDisposedException"><paramref name="descriptor"/> is closed.</exception>
    public static IoResult WriteFully(
        SafeHandle descriptor, in BlockSequence source, long offset, out ulong done,
        ReadWriteFlags flags = ReadWriteFlags.None)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        bool held = false;
        try
        {
            descriptor.DangerousAddRef(ref held);
            return WriteFully((int)descriptor.DangerousGetHandle(), in source, offset, out done, flags);
        }
        finally
        {
            if (held)
                descriptor.DangerousRelease();
        }
    }

    /// <inheritdoc cref="WriteFully(SafeHandle, in BlockSequence, long, out ulong, ReadWriteFlags)"/>
    public static IoResult WriteFully(
        SafeHandle descriptor, ReadOnlySpan<byte> source, long offset, out ulong done,
        ReadWriteFlags flags = ReadWriteFlags.None)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        bool held = false;
        try
        {
            descriptor.DangerousAddRef(ref held);
            return WriteFully((int)descriptor.DangerousGetHandle(), source, offset, out done, flags);
        }
        finally
        {
            if (held)
                descriptor.DangerousRelease();
        }
    }

    /// <inheritdoc cref="WriteFully(SafeHandle, in BlockSequence, long, out ulong, ReadWriteFlags)"/>
    public static IoResult WriteFully(
        int descriptor, in BlockSequence source, long offset, out ulong done,
        ReadWriteFlags flags = ReadWriteFlags.None)
    {
        done = 0;
        BlockSequence rest = source;
        while (!rest.IsEmpty)
        {
            if (!TryAdvance(offset, done, out long position))
                return IoResult.Failure(Errno.EOVERFLOW, done);
            IoResult result = Pwritev2(descriptor, in rest, position, flags);
            done += result.Bytes;
            if (!result.IsSuccess || result.Bytes == 0)
                return IoResult.Failure(result.IsSuccess ? Errno.EIO : result.Errno, done);
            rest = rest.DropFirst(result.Bytes);
        }

        return IoResult.Success(done);
    }

    /// <inheritdoc cref="WriteFully(SafeHandle, in BlockSequence, long, out ulong, ReadWriteFlags)"/>
    public static IoResult WriteFully(
        int descriptor, ReadOnlySpan<byte> source, long offset, out ulong done,
        ReadWriteFlags flags = ReadWriteFlags.None)
    {
        done = 0;
        while (done < (ulong)source.Length)
        {
            if (!TryAdvance(offset, done, out long position))
                return IoResult.Failure(Errno.EOVERFLOW, done);
            IoResult result = Pwritev2(descriptor, source[(int)done..], position, flags);
            done += result.Bytes;
            if (!result.IsSuccess || result.Bytes == 0)
                return IoResult.Failure(result.IsSuccess ? Errno.EIO : result.Errno, done);
        }

        return IoResult.Success(done);
    }

    /// <summary>Where the next part goes; false when that has no number.</summary>
    private static bool TryAdvance(long offset, ulong done, out long position)
    {
        // A negative offset (-1, or one that the kernel refuses) stays what it is.
        position = offset < 0 ? offset : unchecked(offset + (long)done);
        return offset < 0 || done <= (ulong)(long.MaxValue - offset);
    }
}
