using System.Runtime.InteropServices;
using System.Text;
using Scatterlist.Interop;

namespace Scatterlist;

public sealed unsafe partial class HostBuffer
{
    /// <summary>All bytes as a span; see the remarks on <see cref="HostBuffer"/> for how long it may be used.</summary>
    /// <exception cref="InvalidOperationException">The buffer is longer than a span can be.</exception>
    /// <exception cref="ObjectDisposedException">The buffer is disposed.</exception>
    public Span<byte> AsSpan() => AsSpan(0, ViewLength());

    /// <summary>Bytes as a span; see the remarks on <see cref="HostBuffer"/> for how long it may be used.</summary>
    /// <param name="offset">Where it starts, in bytes.</param>
    /// <param name="length">Its bytes, at most 2 GiB - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part reaches outside of the buffer.</exception>
    /// <exception cref="ObjectDisposedException">The buffer is disposed.</exception>
    public Span<byte> AsSpan(nuint offset, int length)
    {
        CheckRange(offset, length);
        return new Span<byte>((byte*)_handle.Address + offset, length);
    }

    private static FileDescriptor? CreateMemFd(string name, uint flags, out Errno errno)
    {
        errno = Errno.None;
        fixed (byte* text = Encoding.UTF8.GetBytes(name + '\0'))
        {
            int fd = LibC.MemFdCreate(text, flags);
            if (fd >= 0)
                return FileDescriptor.FromOwned(fd);
            errno = LibC.LastError();
            return null;
        }
    }
}
