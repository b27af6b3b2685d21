using System.Runtime.InteropServices;

namespace Scatterlist.HostFd;

/// <summary>
/// Reads and writes on host descriptors: vectored, positional, with every RWF flag (preadv2(2), pwritev2(2)).
/// </summary>
/// <remarks>
/// <para>No call throws for what the kernel says: the <see cref="IoResult"/> tells the bytes and the error. Once a byte
/// has moved the call is a success with that count; an error that persists shows on the next call. The <c>OrThrow</c>
/// forms throw <see cref="HostIOException"/>, <c>ReadFully</c> and <c>WriteFully</c> go on until all bytes have moved.
/// </para>
/// <para>A sequence of more than 1024 blocks is moved in several system calls where the descriptor has offsets: with an
/// offset given, or on a regular file or a block device. Elsewhere one call takes the first 1024 blocks and reports its
/// count, so that a stream never waits while it holds data. Where a second call would break what the first promises
/// the answer is an error before any byte moves: EINVAL with <see cref="ReadWriteFlags.Atomic"/>, EMSGSIZE on a socket
/// with messages (<see cref="UnixSocket.SendMsg(in BlockSequence, ReadOnlySpan{int}, MessageFlags,
/// CancellationToken)"/>
/// keeps those whole). An append is one call, too.</para>
/// <para>The offset -1 means the descriptor's own, which then moves on; any other offset leaves it alone. An empty
/// request is a success of 0 bytes without a system call. Nothing is allocated. Thread-safe. A call that blocks does
/// not
/// hold up the garbage collector. With a <see cref="SafeHandle"/> the number stays the descriptor's until the call has
/// returned; with a plain number that is the caller's care.</para>
/// </remarks>
public static partial class HostIO
{
    /// <summary>The most pieces that one readv(2) or preadv2(2) call takes (UIO_MAXIOV).</summary>
    public const int MaxReadWriteIov = 1024;

    /// <summary>The most pieces that one sendmsg(2) or recvmsg(2) call takes (UIO_MAXIOV).</summary>
    public const int MaxSendRecvMsgIov = 1024;

    /// <summary>The most bytes that one call moves (MAX_RW_COUNT of the kernel).</summary>
    public const uint MaxTransferBytes = 0x7ffff000;

    /// <summary>Reads into blocks.</summary>
    /// <param name="descriptor">The descriptor.</param>
    /// <param name="destination">Where the bytes go, block after block. Memory that may fault is allowed.</param>
    /// <param name="offset">Where in the file, or -1 for the descriptor's own offset.</param>
    /// <param name="flags">How.</param>
    /// <exception cref="ObjectDisposedException"><paramref name="descriptor"/> is closed.</exception>
    public static IoResult Preadv2(
        SafeHandle descriptor, in BlockSequence destination, long offset = -1,
        ReadWriteFlags flags = ReadWriteFlags.None)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        bool held = false;
        try
        {
            descriptor.DangerousAddRef(ref held);
            return Preadv2((int)descriptor.DangerousGetHandle(), in destination, offset, flags);
        }
        finally
        {
            if (held)
                descriptor.DangerousRelease();
        }
    }

    /// <summary>Reads into one span.</summary>
    /// <inheritdoc cref="Preadv2(SafeHandle, in BlockSequence, long, ReadWriteFlags)"/>
    public static IoResult Preadv2(
        SafeHandle descriptor, Span<byte> destination, long offset = -1, ReadWriteFlags flags = ReadWriteFlags.None)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        bool held = false;
        try
        {
            descriptor.DangerousAddRef(ref held);
            return Preadv2((int)descriptor.DangerousGetHandle(), destination, offset, flags);
        }
        finally
        {
            if (held)
                descriptor.DangerousRelease();
        }
    }

    /// <summary>Reads into a part of a host buffer, whose pages are held meanwhile.</summary>
    /// <param name="descriptor">The descriptor.</param>
    /// <param name="destination">The buffer.</param>
    /// <param name="start">Where in the buffer, in bytes.</param>
    /// <param name="length">How many bytes; more than 2 GiB are allowed and are read in part.</param>
    /// <param name="offset">Where in the file, or -1 for the descriptor's own offset.</param>
    /// <param name="flags">How.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part reaches outside of the buffer.</exception>
    /// <exception cref="ObjectDisposedException">The descriptor is closed, or the buffer is disposed.</exception>
    public static IoResult Preadv2(
        SafeHandle descriptor, HostBuffer destination, nuint start, nuint length, long offset = -1,
        ReadWriteFlags flags = ReadWriteFlags.None)
    {
        ArgumentNullException.ThrowIfNull(destination);
        bool held = false;
        try
        {
            destination.Handle.DangerousAddRef(ref held);
            return Preadv2(descriptor, new BlockSequence(Part(destination, start, length)), offset, flags);
        }
        finally
        {
            if (held)
                destination.Handle.DangerousRelease();
        }
    }

    /// <summary>Writes from blocks.</summary>
    /// <param name="descriptor">The descriptor.</param>
    /// <param name="source">The bytes, block after block. Memory that may fault is allowed.</param>
    /// <param name="offset">Where in the file, or -1 for the descriptor's own offset.</param>
    /// <param name="flags">How.</param>
    /// <exception cref="ObjectDisposedException"><paramref name="descriptor"/> is closed.</exception>
    public static IoResult Pwritev2(
        SafeHandle descriptor, in BlockSequence source, long offset = -1, ReadWriteFlags flags = ReadWriteFlags.None)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        bool held = false;
        try
        {
            descriptor.DangerousAddRef(ref held);
            return Pwritev2((int)descriptor.DangerousGetHandle(), in source, offset, flags);
        }
        finally
        {
            if (held)
                descriptor.DangerousRelease();
        }
    }

    /// <summary>Writes from one span.</summary>
    /// <inheritdoc cref="Pwritev2(SafeHandle, in BlockSequence, long, ReadWriteFlags)"/>
    public static IoResult Pwritev2(
        SafeHandle descriptor, ReadOnlySpan<byte> source, long offset = -1, ReadWriteFlags flags = ReadWriteFlags.None)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        bool held = false;
        try
        {
            descriptor.DangerousAddRef(ref held);
            return Pwritev2((int)descriptor.DangerousGetHandle(), source, offset, flags);
        }
        finally
        {
            if (held)
                descriptor.DangerousRelease();
        }
    }

    /// <summary>Writes from a part of a host buffer, whose pages are held meanwhile.</summary>
    /// <param name="descriptor">The descriptor.</param>
    /// <param name="source">The buffer.</param>
    /// <param name="start">Where in the buffer, in bytes.</param>
    /// <param name="length">How many bytes; more than 2 GiB are allowed and are written in part.</param>
    /// <param name="offset">Where in the file, or -1 for the descriptor's own offset.</param>
    /// <param name="flags">How.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part reaches outside of the buffer.</exception>
    /// <exception cref="ObjectDisposedException">The descriptor is closed, or the buffer is disposed.</exception>
    public static IoResult Pwritev2(
        SafeHandle descriptor, HostBuffer source, nuint start, nuint length, long offset = -1,
        ReadWriteFlags flags = ReadWriteFlags.None)
    {
        ArgumentNullException.ThrowIfNull(source);
        bool held = false;
        try
        {
            source.Handle.DangerousAddRef(ref held);
            return Pwritev2(descriptor, new BlockSequence(Part(source, start, length)), offset, flags);
        }
        finally
        {
            if (held)
                source.Handle.DangerousRelease();
        }
    }

    private static Block Part(HostBuffer buffer, nuint start, nuint length) =>
        new Block(buffer.Address, buffer.Length).Slice(start, length);
}
