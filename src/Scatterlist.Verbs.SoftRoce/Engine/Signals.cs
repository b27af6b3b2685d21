using Scatterlist.HostFd;

namespace Scatterlist.Verbs.SoftRoce.Engine;

/// <summary>Makes the event descriptors by which the NIC's thread and programs are woken.</summary>
internal static class Signals
{
    /// <param name="semaphore">Whether each take takes one signal, or all of them.</param>
    /// <exception cref="VerbsException">The process has no descriptor left: what the verbs promise.</exception>
    internal static FileDescriptor Create(bool semaphore)
    {
        try
        {
            return EventDescriptor.Create(semaphore);
        }
        catch (ScatterlistException refused)
        {
            throw new VerbsException(
                refused.Operation, refused.Errno, remedy: refused.Remedy, innerException: refused);
        }
    }
}
