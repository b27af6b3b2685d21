using Scatterlist.Vfio.Interop;

namespace Scatterlist.Vfio;

/// <summary>Whether memory of this process is there for a device, as the kernel finds out when it pins pages.</summary>
internal static unsafe class MemoryProbe
{
    // The advice came with Linux 5.14. Before it, all that can be told is whether there is memory at all.
    private static readonly Lazy<bool> IsKnown = new(() =>
    {
        using HostBuffer page = HostBuffer.Allocate(1);
        return LibC.MAdvise(page.Address, page.AllocatedLength, LibC.MadvPopulateRead) == 0;
    });

    /// <summary>Faults the pages in with the permission that the device needs.</summary>
    /// <returns>None; EFAULT for memory that is not mapped or not so; ENOMEM when there are no pages.</returns>
    internal static Errno Populate(Block memory, DmaAccess access)
    {
        int advice = (access & DmaAccess.Write) != 0 ? LibC.MadvPopulateWrite : LibC.MadvPopulateRead;
        if (LibC.MAdvise(memory.Address, memory.Length, advice) == 0)
            return Errno.None;
        Errno errno = LibC.LastError();
        if (errno == Errno.EINVAL && !IsKnown.Value)
            return IsMapped(memory) ? Errno.None : Errno.EFAULT;
        if (errno is Errno.ENOMEM && IsMapped(memory))
            return Errno.ENOMEM;
        return errno is Errno.ENOMEM or Errno.EFAULT or Errno.EINVAL or Errno.EHWPOISON ? Errno.EFAULT : errno;
    }

    // ENOMEM says both "no memory" and "a hole": advice that changes nothing tells them apart.
    private static bool IsMapped(Block memory) => LibC.MAdvise(memory.Address, memory.Length, 0) == 0;
}
