using System.Globalization;
using System.Text;
using Scatterlist.Vfio.Interop;

namespace Scatterlist.Vfio;

/// <summary>Event descriptors that somebody else gave us.</summary>
internal static unsafe class EventCalls
{
    /// <summary>
    /// Adds 1, unless that would block: the description belongs to the client, who may have filled it up, and changing
    /// it to non-blocking would change it for the client too.
    /// </summary>
    internal static void Signal(FileDescriptor descriptor)
    {
        bool held = false;
        try
        {
            descriptor.DangerousAddRef(ref held);
            int fd = (int)descriptor.DangerousGetHandle();
            var ready = new PollFd { Fd = fd, Events = LibC.PollOut };
            if (LibC.Poll(&ready, 1, 0) != 1 || (ready.Returned & LibC.PollOut) == 0)
                return;
            ulong one = 1;
            _ = LibC.Write(fd, &one, sizeof(ulong));
        }
        finally
        {
            if (held)
                descriptor.DangerousRelease();
        }
    }

    /// <summary>Whether a descriptor is an eventfd: what else a client may send could block or be harmed.</summary>
    internal static bool IsEventFd(int fd)
    {
        Span<byte> path = stackalloc byte[32];
        Span<byte> target = stackalloc byte[32];
        int length = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{fd}\0"), path);
        fixed (byte* text = path[..length])
        fixed (byte* result = target)
        {
            nint count = LibC.ReadLink(text, result, (nuint)target.Length);
            return count > 0 && target[..(int)count].SequenceEqual("anon_inode:[eventfd]"u8);
        }
    }
}
