using System.Runtime.InteropServices;
using Scatterlist.HostFd;
using Scatterlist.Verbs.SoftRoce.Interop;

namespace Scatterlist.Verbs.SoftRoce.Engine.SameHost;

internal sealed unsafe partial class SameHostService
{
    // Peers of the same user; the limits keep one that has gone wild from taking all memory and descriptors.
    private const int MaxChannels = 1024;
    private const int MaxStrangers = 64;
    private const int MaxAcceptsAtOnce = 64;

    private readonly Queue<Stranger> _strangers = new();

    /// <summary>
    /// A path to the NIC that has a queue pair, or null when it cannot be met here: then UDP is the way. Never waits:
    /// what is queued before the peer has answered is in the channel when it does.
    /// </summary>
    /// <param name="source">Our address.</param>
    /// <param name="destination">The peer's.</param>
    /// <param name="queuePair">The peer's queue pair.</param>
    internal PacketPath? TryConnect(in Gid source, in Gid destination, uint queuePair)
    {
        if (_disposed || !_options.Gids.Contains(source))
            return null;
        Reap();
        return TryReuse(source, destination, -1)
            ?? (_options.SlotMask == 0 ? null : TryReuse(source, destination, queuePair & _options.SlotMask))
            ?? TryOpen(source, destination, -1)
            ?? (_options.SlotMask == 0 ? null : TryOpen(source, destination, queuePair & _options.SlotMask));
    }

    /// <summary>Whether a hello or a welcome comes from this host and network, and speaks as we do.</summary>
    internal bool IsSameHost(in ControlMessage message) =>
        message.Word == ControlMessage.Magic && message.Number == Rendezvous.Version && message.Boot == _host.Boot
        && message.Network == _host.Network;

    private SameHostPath? TryReuse(in Gid source, in Gid destination, long slot)
    {
        if (!_byPeer.TryGetValue((source, destination, slot), out SameHostPath? path))
            return null;

        // An earlier process at the address may have gone just now. Its socket is not read here: what came may have to
        // wake the NIC's thread yet.
        return path.IsPeerThere() ? path : null;
    }

    /// <summary>The peer's call may be here: then its channel is ours, else we have two.</summary>
    private SameHostPath? TryMeet(in Gid source, in Gid destination, long slot)
    {
        AcceptWaiting();
        return TryReuse(source, destination, slot);
    }

    private SameHostPath? TryOpen(in Gid source, in Gid destination, long slot)
    {
        SameHostPath? met = TryMeet(source, destination, slot);
        if (met is not null)
            return met;
        UnixSocket? socket = _paths.Count < MaxChannels
            ? Rendezvous.TryConnect(_rendezvous.PathOf(destination, slot < 0 ? null : (uint)slot))
            : null;
        if (socket is null)
            return null;
        ChannelMemory? memory = null;
        GrantLender? lender = null;
        try
        {
            memory = ChannelMemory.Create(_options.RingBytes, out FileDescriptor shared);
            using FileDescriptor ownedShared = shared;
            lender = GrantLender.Create(out FileDescriptor table);
            using FileDescriptor ownedTable = table;

            // Once more, now that nothing but the hello is left to do: so two that connect at the same moment seldom make
            // two channels.
            met = TryMeet(source, destination, slot);
            int[] sent = [shared.Value, table.Value];
            if (met is null && TryGreet(socket, memory, lender, source, destination, slot, sent) is { } path)
                return path;
        }
        catch (ScatterlistException)
        {
            // No descriptors or memory left: the peer can still be reached by UDP.
        }

        lender?.Dispose();
        memory?.Dispose();
        socket.Dispose();
        return met;
    }

    /// <summary>Takes everything over where it succeeds; otherwise it is another user, or somebody who goes.</summary>
    private SameHostPath? TryGreet(
        UnixSocket socket, ChannelMemory memory, GrantLender lender, in Gid source, in Gid destination, long slot,
        ReadOnlySpan<int> descriptors)
    {
        ControlMessage hello = Greeting(ControlKind.Hello);
        hello.Source = source;
        hello.Destination = destination;
        hello.RingBytes = _options.RingBytes;
        hello.SourceSlot = _options.Slot ?? -1L;
        try
        {
            if (socket.PeerCredentials.Uid != _host.User)
                return null;
            var path = new SameHostPath(this, socket, memory, lender, source, destination, slot);
            if (!path.TrySend(in hello, descriptors))
                return null;
            Add(path);
            return path;
        }
        catch (ScatterlistException)
        {
            return null;
        }
    }

    private void Listen(in Gid gid)
    {
        UnixSocket socket = UnixSocket.Listen(_rendezvous.PathOf(gid, _options.Slot));
        var listener = new Listener(++_lastId, socket, gid);
        try
        {
            Watch(listener.Id, socket, listener);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Meets who has called, and who has called before and says hello now.</summary>
    private void AcceptWaiting()
    {
        object[] watched = [.. _byId.Values]; // apart, as who is met is watched too
        foreach (object source in watched)
        {
            if (source is Listener listener)
                Accept(listener);
            else if (source is Stranger stranger && _byId.ContainsKey(stranger.Id)) // not turned away just now
                Meet(stranger);
        }
    }

    private void Accept(Listener listener)
    {
        for (int i = 0; i < MaxAcceptsAtOnce; i++)
        {
            UnixSocket? socket = null;
            try
            {
                socket = listener.Socket.TryAccept();
                if (socket is null)
                    return;
                if (socket.PeerCredentials.Uid != _host.User)
                {
                    Refuse(socket);
                    continue;
                }

                var stranger = new Stranger(++_lastId, socket, listener.Gid);
                Watch(stranger.Id, socket, stranger);
                _strangers.Enqueue(stranger);
                if (_strangers.Count > MaxStrangers && _strangers.Dequeue() is { } oldest && _byId.Remove(oldest.Id))
                    Refuse(oldest.Socket);
                Meet(stranger); // its hello is there as a rule
            }
            catch (ScatterlistException)
            {
                // No descriptors left. The stranger is turned away, and its end goes by UDP.
                if (socket is not null)
                    Refuse(socket);
                else if (!TryRefuseByReserve(listener))
                    return;
            }
        }
    }

    /// <summary>Reads a stranger's hello, and makes the channel that it asks for.</summary>
    private void Meet(Stranger stranger)
    {
        var hello = default(ControlMessage);
        ReceiveResult received = stranger.Socket.RecvMsg(
            MemoryMarshal.AsBytes(new Span<ControlMessage>(ref hello)), _descriptors, MessageFlags.DontWait);
        if (received.Errno == Errno.EAGAIN)
            return;
        _byId.Remove(stranger.Id);
        bool isHello = received is { IsSuccess: true, IsTruncated: false, IsControlTruncated: false }
            && received.Bytes == (ulong)ControlMessage.Size && _descriptors.Count == 2
            && hello.Kind == ControlKind.Hello && IsSameHost(in hello) && hello.Destination == stranger.Gid
            && _paths.Count < MaxChannels;
        SameHostPath? path = null;
        if (isHello)
        {
            using FileDescriptor memory = _descriptors.Take(0);
            using FileDescriptor table = _descriptors.Take(1);
            path = TryAdopt(stranger, in hello, memory, table);
        }

        _descriptors.Clear();
        if (path is null)
            Refuse(stranger.Socket);
    }

    private SameHostPath? TryAdopt(
        Stranger stranger, in ControlMessage hello, FileDescriptor shared, FileDescriptor table)
    {
        ChannelMemory? memory = null;
        GrantLender? lender = null;
        SameHostPath? path = null;
        try
        {
            memory = ChannelMemory.TryAdopt(shared, hello.RingBytes);
            if (memory is null)
                return null;
            lender = GrantLender.Create(out FileDescriptor ownTable);
            using FileDescriptor ownedTable = ownTable;
            path = new SameHostPath(
                this, stranger.Socket, memory, lender, hello.Destination, hello.Source, hello.SourceSlot);
            path.WasMet = true;
            ControlMessage welcome = Greeting(ControlKind.Welcome);
            Unwatch(stranger.Id, stranger.Socket);
            if (path.TryAdoptTable(table) && path.TrySend(in welcome, [ownTable.Value]))
            {
                Add(path);
                return path;
            }
        }
        catch (ScatterlistException)
        {
            // No descriptors or memory left: turned away.
        }

        path?.Release();
        lender?.Dispose();
        memory?.Dispose();
        return null;
    }

    private void Add(SameHostPath path)
    {
        path.Id = ++_lastId;
        Watch(path.Id, path.Socket, path);
        _paths.Add(path);
        var peer = (path.Local, path.Remote, path.RemoteSlot);
        if (!_byPeer.TryGetValue(peer, out SameHostPath? current) || current.IsHungUp)
            _byPeer[peer] = path; // after two connects at once each end uses the channel that it asked for
    }

    private ControlMessage Greeting(ControlKind kind) => new()
    {
        Kind = kind,
        Number = Rendezvous.Version,
        Word = ControlMessage.Magic,
        Boot = _host.Boot,
        Network = _host.Network,
    };

    private void Refuse(UnixSocket socket)
    {
        Refused++;
        socket.Dispose();
    }

    private sealed record Listener(long Id, UnixSocket Socket, Gid Gid) : IDisposable
    {
        public void Dispose() => Socket.Dispose();
    }

    private sealed record Stranger(long Id, UnixSocket Socket, Gid Gid) : IDisposable
    {
        public void Dispose() => Socket.Dispose();
    }
}
