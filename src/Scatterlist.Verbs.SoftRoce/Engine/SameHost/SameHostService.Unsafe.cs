using System.Runtime.InteropServices;
using Scatterlist.HostFd;
using Scatterlist.Verbs.SoftRoce.Interop;

namespace Scatterlist.Verbs.SoftRoce.Engine.SameHost;

/// <summary>
/// The same-host medium of one NIC: meets other NICs of the user, keeps a channel to each, hands over what comes, and
/// takes grants back. Not thread-safe: the engine's lock guards it.
/// </summary>
internal sealed unsafe partial class SameHostService : IDisposable
{
    private const int PollsPerNotice = 2;
    private const int PollsPerControl = 128;

    private readonly SameHostOptions _options;
    private readonly HostIdentity _host;
    private readonly Rendezvous _rendezvous;
    private readonly ReceivedDescriptors _descriptors = new(2);
    private readonly Dictionary<long, object> _byId = []; // what the epoll watches: listeners, strangers, paths
    private readonly Dictionary<(Gid Local, Gid Remote, long Slot), SameHostPath> _byPeer = [];
    private readonly List<SameHostPath> _paths = [];
    private readonly List<SameHostPath> _dead = [];
    private readonly FileDescriptor _epoll;
    private readonly byte* _header;
    private long _lastId;
    private int _first;
    private uint _polls;
    private bool _polling;
    private bool _sleeping;
    private bool _disposed;

    private SameHostService(SameHostOptions options, HostIdentity host, Rendezvous rendezvous)
    {
        _options = options;
        _host = host;
        _rendezvous = rendezvous;
        int epoll = SameHostCalls.EPollCreate1(SameHostCalls.EPollCloseOnExec);
        if (epoll < 0)
        {
            throw new ScatterlistException(
                "epoll_create1(EPOLL_CLOEXEC)", SameHostCalls.LastError(), remedy: Remedies.OpenFiles);
        }

        _epoll = FileDescriptor.FromOwned(epoll);
        _header = (byte*)NativeMemory.AlignedAlloc(ReceivedPacket.HeaderCapacity, ReceivedPacket.HeaderCapacity);
    }

    /// <summary>Readable when <see cref="ProcessControl"/> has work, or a peer that saw us asleep has sent.</summary>
    internal int EventDescriptor => _epoll.Value;

    /// <summary>Channels that are open.</summary>
    internal int Channels => _paths.Count;

    /// <summary>Connections that were turned away.</summary>
    internal int Refused { get; private set; }

    /// <summary>Whether a thread sleeps on <see cref="EventDescriptor"/>, or is about to.</summary>
    internal bool IsSleeping => _sleeping;

    /// <summary>Whether no packet has come, and no peer was found gone.</summary>
    internal bool IsQuiet
    {
        get
        {
            if (_dead.Count != 0)
                return false;
            List<SameHostPath> paths = _paths;
            for (int i = 0; i < paths.Count; i++)
            {
                if (!paths[i].IsQuiet)
                    return false;
            }

            return true;
        }
    }

    /// <summary>Starts to listen at each of the NIC's addresses.</summary>
    /// <exception cref="ScatterlistException">There is no private place to meet in, somebody listens at an address
    /// already, or the kernel refused.</exception>
    internal static SameHostService Start(SameHostOptions options)
    {
        HostIdentity host = options.Host ?? HostIdentity.Current
            ?? throw new ScatterlistException("open(/proc/self/ns/net)", Errno.ENOENT, "/proc is not mounted");
        if (!ChannelMemory.IsRingSize(options.RingBytes))
            throw new ArgumentOutOfRangeException(nameof(options), options.RingBytes, "No ring has this size.");
        var service = new SameHostService(options, host, Rendezvous.Open(options.Directory, host));
        try
        {
            foreach (Gid gid in options.Gids)
                service.Listen(gid);
            service.KeepReserve();
            return service;
        }
        catch
        {
            service.Dispose();
            throw;
        }
    }

    /// <summary>Hands over what has come, at most so many packets; returns how many.</summary>
    internal int Poll(IPacketHandler handler, int budget)
    {
        if (_dead.Count != 0)
            Reap();
        int count = _paths.Count; // the handler may make more
        int total = 0;
        _polling = true;
        try
        {
            for (int i = 0; i < count && total < budget; i++)
            {
                total += NextPath(count).Poll(handler, budget - total, _header);
            }
        }
        finally
        {
            _polling = false;
        }

        if (++_polls % PollsPerNotice == 0)
            ReadNotices(count);
        return total;
    }

    /// <summary>Hands over one packet, for who has seen that something is there; what else a poll does is for
    /// <see cref="Poll"/>.</summary>
    internal bool TryPollOne(IPacketHandler handler)
    {
        if (_dead.Count != 0)
            return false;
        int count = _paths.Count;
        bool hasTaken = false;
        _polling = true;
        for (int i = 0; i < count && !hasTaken; i++)
            hasTaken = NextPath(count).TryPollOne(handler, _header);
        _polling = false; // where a handler throws, the next poll sets it back: until then nothing is reaped
        return hasTaken;
    }

    /// <summary>
    /// Asks all peers to wake us, those too that come while another thread sleeps. False when something is there already: poll again. A sleep that follows is on
    /// <see cref="EventDescriptor"/> and ends with <see cref="CancelSleep"/>.
    /// </summary>
    internal bool PrepareToSleep()
    {
        if (_dead.Count != 0)
            return false; // the next poll tells
        _sleeping = true;
        foreach (SameHostPath path in _paths)
            path.StartSleep();
        Interlocked.MemoryBarrier(); // the flags before the look, as a peer's packets are before its look at the flag
        bool mayStaySleep = true;
        foreach (SameHostPath path in _paths)
            mayStaySleep &= !path.MustStayAwake();
        if (!mayStaySleep)
            CancelSleep();
        return mayStaySleep;
    }

    /// <summary>Ends a sleep, or a <see cref="PrepareToSleep"/> that no sleep followed.</summary>
    internal void CancelSleep()
    {
        _sleeping = false;
        foreach (SameHostPath path in _paths)
            path.EndSleep();
    }

    /// <summary>Meets new peers, reads what peers tell, and notices those that are gone. Never waits.</summary>
    internal void ProcessControl()
    {
        const int MaxEvents = 32;
        Reap();
        ListenAgain();
        byte* events = stackalloc byte[MaxEvents * 16];
        int count = _disposed ? 0 : SameHostCalls.EPollWait(_epoll.Value, events, MaxEvents, 0);
        for (int i = 0; i < count; i++)
        {
            long id = *(long*)(events + (i * SameHostCalls.EventSize) + SameHostCalls.DataOffset);
            switch (_byId.GetValueOrDefault(id))
            {
                case Listener listener:
                    Accept(listener);
                    break;
                case Stranger stranger:
                    Meet(stranger);
                    break;
                case SameHostPath path:
                    path.ProcessControl(_descriptors);
                    break;
            }
        }
    }

    /// <summary>
    /// Takes back what peers were granted of a region. When it returns, no peer changes or reads a byte of the region
    /// directly.
    /// </summary>
    internal void RevokeRegion(uint key) => Revoke(queuePair: null, key);

    /// <summary>Takes back what peers were granted by a queue pair, as <see cref="RevokeRegion"/> does.</summary>
    internal void RevokeQueuePair(uint queuePair) => Revoke(queuePair, key: null);

    /// <summary>Takes everything back, leaves all channels and stops listening. Idempotent.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        Revoke(queuePair: null, key: null);
        _disposed = true;
        foreach (SameHostPath path in _paths)
            path.Release();
        foreach (object watched in _byId.Values)
            (watched as IDisposable)?.Dispose();
        _deaf.ForEach(listener => listener.Dispose());
        _deaf.Clear();
        _reserve?.Dispose();
        _paths.Clear();
        _dead.Clear();
        _byPeer.Clear();
        _byId.Clear();
        _descriptors.Dispose();
        _epoll.Dispose();
        NativeMemory.AlignedFree(_header);
    }

    /// <summary>A path has found its peer gone.</summary>
    internal void OnDead(SameHostPath path) => _dead.Add(path);

    /// <summary>The path whose turn it is.</summary>
    /// <param name="count">Of so many: those that came since have theirs in the next poll.</param>
    private SameHostPath NextPath(int count)
    {
        if (++_first >= count)
            _first = 0;
        return _paths[_first];
    }

    private void Revoke(uint? queuePair, uint? key)
    {
        bool any = false;
        foreach (SameHostPath path in _paths)
            any |= path.Lender.Revoke(queuePair, key);
        if (!any)
            return;
        Interlocked.MemoryBarrier(); // the words before the look at the hazards, as the peers' hazards before theirs
        foreach (SameHostPath path in _paths)
            path.Lender.FinishRevocation();
    }

    private void ReadNotices(int count)
    {
        if (_sleeping)
            return; // the sockets wake the thread that sleeps: what is read here would not
        for (int i = 0; i < count; i++)
        {
            if (_paths[i].HasNotice)
                _paths[i].ProcessControl(_descriptors);
        }

        if (_polls % PollsPerControl == 0)
            ProcessControl(); // else who only spins would never see a peer come or go
    }

    /// <summary>Frees dead paths, unless a packet of theirs is being handled.</summary>
    private void Reap()
    {
        if (_dead.Count == 0 || _polling)
            return;
        SameHostPath[] dead = [.. _dead];
        _dead.Clear();
        foreach (SameHostPath path in dead)
        {
            _paths.Remove(path);
            _byId.Remove(path.Id);
            var peer = (path.Local, path.Remote, path.RemoteSlot);
            if (_byPeer.TryGetValue(peer, out SameHostPath? current) && current == path)
                _byPeer.Remove(peer);
            path.LearnWhetherMet(_descriptors);
            path.Release();
            _options.PathDied?.Invoke(path);
        }
    }

    private void Watch(long id, UnixSocket socket, object watched)
    {
        byte* added = stackalloc byte[16];
        *(uint*)added = SameHostCalls.EPollIn;
        *(long*)(added + SameHostCalls.DataOffset) = id;
        if (SameHostCalls.EPollCtl(_epoll.Value, SameHostCalls.CtlAdd, socket.Descriptor.Value, added) != 0)
        {
            throw new ScatterlistException(
                $"epoll_ctl(EPOLL_CTL_ADD, {socket.Descriptor.Value})", SameHostCalls.LastError());
        }

        _byId[id] = watched;
    }

    private void Unwatch(long id, UnixSocket socket)
    {
        _ = SameHostCalls.EPollCtl(_epoll.Value, SameHostCalls.CtlDelete, socket.Descriptor.Value, null);
        _byId.Remove(id);
    }
}
