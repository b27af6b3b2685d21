using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Scatterlist.HostFd.Interop;

namespace Scatterlist.HostFd.Waiting;

/// <summary>
/// One thread, asleep in epoll(7), for all descriptors that are watched for long: unlike <see cref="DescriptorPoller"/> it
/// costs nothing per event. It starts with the first watcher and lasts as long as the process.
/// </summary>
internal sealed unsafe class WatchLoop
{
    private const int CtlAdd = 1;
    private const int CtlDelete = 2;
    private const int MaxEvents = 64;

    // struct epoll_event is packed on x86-64 alone.
    private static readonly bool Packed = RuntimeInformation.ProcessArchitecture == Architecture.X64;
    private static readonly int EventSize = Packed ? 12 : 16;
    private static readonly int DataOffset = Packed ? 4 : 8;
    private static readonly Lock SharedLock = new();
    private static WatchLoop? _shared;

    private readonly ConcurrentDictionary<long, WeakReference<DescriptorWatcher>> _watchers = new();
    private readonly int _epoll;
    private long _nextId;

    private WatchLoop()
    {
        int fd = LibC.EPollCreate1(LibC.OCloseOnExec);
        if (fd < 0)
        {
            Errno errno = LibC.LastError();
            throw new ScatterlistException("epoll_create1(EPOLL_CLOEXEC)", errno, remedy: Remedies.OpenFiles);
        }

        _epoll = fd;
        new Thread(Run) { IsBackground = true, Name = "Scatterlist event loop" }.Start();
    }

    /// <summary>The one of the process, from the first use on.</summary>
    /// <exception cref="ScatterlistException">No descriptor is left; the next use tries again.</exception>
    internal static WatchLoop Shared
    {
        get
        {
            // Not by a static field's initializer: that fails once and for all.
            lock (SharedLock)
                return _shared ??= new WatchLoop();
        }
    }

    /// <summary>Starts to watch. The caller keeps the descriptor open until <see cref="Remove"/>, or closes its last
    /// duplicate, which ends the watch as well.</summary>
    /// <exception cref="ScatterlistException">The kernel refused.</exception>
    internal void Add(int fd, DescriptorWatcher watcher)
    {
        watcher.Id = Interlocked.Increment(ref _nextId);
        _watchers[watcher.Id] = new WeakReference<DescriptorWatcher>(watcher);
        byte* added = stackalloc byte[16];
        *(uint*)added = (ushort)LibC.PollIn;
        *(long*)(added + DataOffset) = watcher.Id;
        if (LibC.EPollCtl(_epoll, CtlAdd, fd, added) == 0)
            return;
        Errno errno = LibC.LastError();
        Forget(watcher);
        throw new ScatterlistException($"epoll_ctl(EPOLL_CTL_ADD, {fd})", errno);
    }

    /// <summary>Ends the watch; the descriptor is still open. A call that is under way may still come.</summary>
    internal void Remove(int fd, DescriptorWatcher watcher)
    {
        _ = LibC.EPollCtl(_epoll, CtlDelete, fd, null);
        Forget(watcher);
    }

    /// <summary>Forgets a watcher whose descriptor is closed.</summary>
    internal void Forget(DescriptorWatcher watcher) => _watchers.TryRemove(watcher.Id, out _);

    private void Run()
    {
        byte* events = stackalloc byte[MaxEvents * 16];
        while (true)
        {
            int count = LibC.EPollWait(_epoll, events, MaxEvents, -1);
            for (int i = 0; i < count; i++)
                Tell(*(long*)(events + (i * EventSize) + DataOffset));
        }
    }

    // Apart, so that the loop's frame roots no watcher while it sleeps.
    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private void Tell(long id)
    {
        if (_watchers.TryGetValue(id, out WeakReference<DescriptorWatcher>? reference)
            && reference.TryGetTarget(out DescriptorWatcher? watcher))
        {
            watcher.OnReadable();
        }
    }
}
