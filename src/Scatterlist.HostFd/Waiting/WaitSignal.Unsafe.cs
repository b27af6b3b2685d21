using Scatterlist.HostFd.Interop;

namespace Scatterlist.HostFd.Waiting;

/// <summary>
/// An eventfd by which one blocked thread is woken. Taken from a pool for each wait, so that a wait allocates nothing
/// and a program holds as many as it ever had threads waiting at once.
/// </summary>
internal sealed unsafe class WaitSignal
{
    private static readonly Stack<WaitSignal> Pool = new();

    // A plain number, not a handle: pooled signals live as long as the process and are nobody's leak.
    private WaitSignal(int descriptor) => Descriptor = descriptor;

    // Links of the WaiterList that the signal is on, guarded by that list's lock.
    internal WaitSignal? Next { get; set; }

    internal WaitSignal? Previous { get; set; }

    internal int Descriptor { get; }

    internal static Errno TryRent(out WaitSignal? signal)
    {
        lock (Pool)
        {
            if (Pool.TryPop(out signal))
                return Errno.None;
        }

        int fd = LibC.EventFd(0, LibC.EfdCloseOnExec | LibC.EfdNonBlock);
        if (fd < 0)
            return LibC.LastError();
        signal = new WaitSignal(fd);
        return Errno.None;
    }

    /// <summary>Gives a signal back. Nobody may set it any more.</summary>
    internal static void Return(WaitSignal signal)
    {
        ulong drained;
        LibC.Read(signal.Descriptor, &drained, sizeof(ulong)); // EAGAIN when nobody set it
        lock (Pool)
            Pool.Push(signal);
    }

    internal void Set()
    {
        ulong one = 1;
        LibC.Write(Descriptor, &one, sizeof(ulong));
    }
}
