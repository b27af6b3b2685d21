using System.Runtime.InteropServices;

namespace Scatterlist.HostFd;

public static partial class HostIO
{
    /// <summary>
    /// Like <see cref="Preadv2(SafeHandle, in BlockSequence, long, ReadWriteFlags)"/>, but throws on an error.
    /// </summary>
    /// <returns>The bytes read; 0 at the end of the file.</returns>
    /// <exception cref="HostIOException">The kernel reported an error.</exception>
    /// <exception cref="ObjectDisposedException"><paramref name="descriptor"/> is closed.</exception>
    public static ulong Preadv2OrThrow(
        SafeHandle descriptor, in BlockSequence destination, long offset = -1,
        ReadWriteFlags flags = ReadWriteFlags.None) =>
        Check(
            "preadv2", Preadv2(descriptor, in destination, offset, flags), descriptor, destination.Length, offset,
            flags);

    /// <inheritdoc cref="Preadv2OrThrow(SafeHandle, in BlockSequence, long, ReadWriteFlags)"/>
    public static ulong Preadv2OrThrow(
        SafeHandle descriptor, Span<byte> destination, long offset = -1, ReadWriteFlags flags = ReadWriteFlags.None) =>
        Check(
            "preadv2", Preadv2(descriptor, destination, offset, flags), descriptor, (ulong)destination.Length, offset,
            flags);

    /// <summary>
    /// Like <see cref="Pwritev2(SafeHandle, in BlockSequence, long, ReadWriteFlags)"/>, but throws on an error.
    /// </summary>
    /// <returns>The bytes written.</returns>
    /// <exception cref="HostIOException">The kernel reported an error.</exception>
    /// <exception cref="ObjectDisposedException"><paramref name="descriptor"/> is closed.</exception>
    public static ulong Pwritev2OrThrow(
        SafeHandle descriptor, in BlockSequence source, long offset = -1,
        ReadWriteFlags flags = ReadWriteFlags.None) =>
        Check("pwritev2", Pwritev2(descriptor, in source, offset, flags), descriptor, source.Length, offset, flags);

    /// <inheritdoc cref="Pwritev2OrThrow(SafeHandle, in BlockSequence, long, ReadWriteFlags)"/>
    public static ulong Pwritev2OrThrow(
        SafeHandle descriptor, ReadOnlySpan<byte> source, long offset = -1,
        ReadWriteFlags flags = ReadWriteFlags.None) =>
        Check("pwritev2", Pwritev2(descriptor, source, offset, flags), descriptor, (ulong)source.Length, offset, flags);

    /// <summary>
    /// Like <see cref="ReadFully(SafeHandle, in BlockSequence, long, out ulong, ReadWriteFlags)"/>, but throws on an
    /// error.
    /// </summary>
    /// <returns>The bytes read; fewer than asked for at the end of the file.</returns>
    /// <exception cref="HostIOException">The kernel reported an error; it tells how many bytes had moved.</exception>
    /// <exception cref="ObjectDisposedException"><paramref name="descriptor"/> is closed.</exception>
    public static ulong ReadFullyOrThrow(
        SafeHandle descriptor, in BlockSequence destination, long offset = -1,
        ReadWriteFlags flags = ReadWriteFlags.None) =>
        Check(
            "preadv2", ReadFully(descriptor, in destination, offset, out _, flags), descriptor, destination.Length,
            offset, flags);

    /// <inheritdoc cref="ReadFullyOrThrow(SafeHandle, in BlockSequence, long, ReadWriteFlags)"/>
    public static ulong ReadFullyOrThrow(
        SafeHandle descriptor, Span<byte> destination, long offset = -1, ReadWriteFlags flags = ReadWriteFlags.None) =>
        Check(
            "preadv2", ReadFully(descriptor, destination, offset, out _, flags), descriptor, (ulong)destination.Length,
            offset, flags);

    /// <summary>
    /// Like <see cref="WriteFully(SafeHandle, in BlockSequence, long, out ulong, ReadWriteFlags)"/>, but throws on an
    /// error.
    /// </summary>
    /// <returns>The bytes written: all.</returns>
    /// <exception cref="HostIOException">The kernel reported an error; it tells how many bytes had moved.</exception>
    /// <exception cref="ObjectDisposedException"><paramref name="descriptor"/> is closed.</exception>
    public static ulong WriteFullyOrThrow(
        SafeHandle descriptor, in BlockSequence source, long offset = -1,
        ReadWriteFlags flags = ReadWriteFlags.None) =>
        Check(
            "pwritev2", WriteFully(descriptor, in source, offset, out _, flags), descriptor, source.Length, offset,
            flags);

    /// <inheritdoc cref="WriteFullyOrThrow(SafeHandle, in BlockSequence, long, ReadWriteFlags)"/>
    public static ulong WriteFullyOrThrow(
        SafeHandle descriptor, ReadOnlySpan<byte> source, long offset = -1,
        ReadWriteFlags flags = ReadWriteFlags.None) =>
        Check(
            "pwritev2", WriteFully(descriptor, source, offset, out _, flags), descriptor, (ulong)source.Length, offset,
            flags);

    private static ulong Check(
        string call, IoResult result, SafeHandle descriptor, ulong length, long offset, ReadWriteFlags flags) =>
        result.IsSuccess
            ? result.Bytes
            : throw new HostIOException(
                call, (int)descriptor.DangerousGetHandle(), length, offset, flags, result.Errno, result.Bytes);
}
