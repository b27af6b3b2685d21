using System.Text;
using Scatterlist.Vfio.Interop;

namespace Scatterlist.Vfio;

/// <summary>Opens and asks, with the errno as the answer.</summary>
internal static unsafe class KernelCalls
{
    internal static Errno TryOpen(string path, out FileDescriptor? descriptor)
    {
        descriptor = null;
        fixed (byte* text = Encoding.UTF8.GetBytes(path + '\0'))
        {
            int fd = LibC.Open(text, LibC.OReadWrite | LibC.OCloseOnExec, 0);
            if (fd < 0)
                return LibC.LastError();
            descriptor = FileDescriptor.FromOwned(fd);
            return Errno.None;
        }
    }

    /// <summary>A request with a number; the result is what the call returned.</summary>
    internal static Errno Ioctl(FileDescriptor descriptor, uint request, nint argument, out int result)
    {
        bool held = false;
        try
        {
            descriptor.DangerousAddRef(ref held);
            result = LibC.Ioctl((int)descriptor.DangerousGetHandle(), request, argument);
            return result < 0 ? LibC.LastError() : Errno.None;
        }
        finally
        {
            if (held)
                descriptor.DangerousRelease();
        }
    }

    internal static Errno Ioctl<T>(FileDescriptor descriptor, uint request, ref T argument)
        where T : unmanaged
    {
        fixed (T* pointer = &argument)
            return Ioctl(descriptor, request, (nint)pointer, out _);
    }

    internal static Errno Ioctl(FileDescriptor descriptor, uint request, ReadOnlySpan<byte> argument, out int result)
    {
        fixed (byte* pointer = argument)
            return Ioctl(descriptor, request, (nint)pointer, out result);
    }

    internal static Errno PRead(FileDescriptor descriptor, Span<byte> destination, ulong offset)
    {
        bool held = false;
        try
        {
            descriptor.DangerousAddRef(ref held);
            int fd = (int)descriptor.DangerousGetHandle();
            fixed (byte* buffer = destination)
            {
                nint done = LibC.PRead(fd, buffer, (nuint)destination.Length, (long)offset);
                return done < 0 ? LibC.LastError() : done == destination.Length ? Errno.None : Errno.EIO;
            }
        }
        finally
        {
            if (held)
                descriptor.DangerousRelease();
        }
    }

    internal static Errno PWrite(FileDescriptor descriptor, ReadOnlySpan<byte> source, ulong offset)
    {
        bool held = false;
        try
        {
            descriptor.DangerousAddRef(ref held);
            int fd = (int)descriptor.DangerousGetHandle();
            fixed (byte* buffer = source)
            {
                nint done = LibC.PWrite(fd, buffer, (nuint)source.Length, (long)offset);
                return done < 0 ? LibC.LastError() : done == source.Length ? Errno.None : Errno.EIO;
            }
        }
        finally
        {
            if (held)
                descriptor.DangerousRelease();
        }
    }
}
