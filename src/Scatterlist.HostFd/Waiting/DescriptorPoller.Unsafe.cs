using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Scatterlist.HostFd.Interop;

namespace Scatterlist.HostFd.Waiting;

internal sealed unsafe partial class DescriptorPoller
{
    private const int CtlAdd = 1;
    private const int CtlDelete = 2;
    private const uint OneShot = 1u << 30;
    private const int MaxEvents = 64;

    // struct epoll_event is packed on x86-64 alone.
    private static readonly bool Packed = RuntimeInformation.ProcessArchitecture == Architecture.X64;
    private static readonly int EventSize = Packed ? 12 : 16;
    private static readonly int DataOffset = Packed ? 4 : 8;

    private readonly ConcurrentDictionary<long, PollEntry> _entries = new();
    private readonly int _epoll; // open as long as the process lives
    private long _nextId;

    private DescriptorPoller()
    {
        int fd = LibC.EPollCreate1(LibC.OCloseOnExec);
        if (fd < 0)
        {
            Errno errno = LibC.LastError();
            throw new ScatterlistException("epoll_create1(EPOLL_CLOEXEC)", errno, remedy: Remedies.OpenFiles);
        }

        _epoll = fd;
        new Thread(Run) { IsBackground = true, Name = "Scatterlist descriptor poller" }.Start();
    }

    /// <summary>Takes a wait off; its duplicate is still open.</summary>
    internal void Forget(PollEntry entry)
    {
        _entries.TryRemove(entry.Id, out _);
        _ = LibC.EPollCtl(_epoll, CtlDelete, entry.Duplicate.Value, null); // ENOENT when it was not added yet
    }

    private void Add(PollEntry entry, short events)
    {
        byte* added = stackalloc byte[16];
        *(uint*)added = (ushort)events | OneShot;
        *(long*)(added + DataOffset) = entry.Id;
        bool held = false;
        try
        {
            // A cancellation may complete the entry meanwhile. The reference keeps its number from being reused.
            entry.Duplicate.DangerousAddRef(ref held);
            int fd = (int)entry.Duplicate.DangerousGetHandle();
            if (LibC.EPollCtl(_epoll, CtlAdd, fd, added) != 0)
                entry.Complete(LibC.LastError());
            else if (entry.Task.IsCompleted)
                _ = LibC.EPollCtl(_epoll, CtlDelete, fd, null);
        }
        catch (ObjectDisposedException)
        {
            // Completed before it was added.
        }
        finally
        {
            if (held)
                entry.Duplicate.DangerousRelease();
        }
    }

    private void Run()
    {
        byte* events = stackalloc byte[MaxEvents * 16];
        while (true)
        {
            int count = LibC.EPollWait(_epoll, events, MaxEvents, -1);
            for (int i = 0; i < count; i++)
            {
                long id = *(long*)(events + (i * EventSize) + DataOffset);
                if (_entries.TryGetValue(id, out PollEntry? entry))
                    entry.Complete(Errno.None);
            }
        }
    }
}
