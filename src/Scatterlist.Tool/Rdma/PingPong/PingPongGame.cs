using System.Diagnostics;
using System.Security.Cryptography;
using Scatterlist.Tool.Rdma.Exchange;
using Scatterlist.Verbs;

namespace Scatterlist.Tool.Rdma.PingPong;

/// <summary>
/// One end of ping-pong: a queue pair, one completion queue, and memory. As in ibv_rc_pingpong messages are sent from
/// where they are received, so a server sends back what it got.
/// </summary>
internal sealed class PingPongGame : IDisposable
{
    private const uint QueueKey = 0x1111_1111; // ibv_ud_pingpong's
    private const int GrhSize = 40;
    private const ulong SendId = 2, ReceiveId = 1;
    private const int SlowestRate = 4 << 20; // bytes a second: a long message moves nothing that is seen until it is there
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);
    private static readonly byte[] Done = "done\0"u8.ToArray();

    private readonly PingPongSettings _settings;
    private readonly RdmaPort _port;
    private readonly ProtectionDomain _domain;
    private readonly HostBuffer _buffer;
    private readonly MemoryRegion _region;
    private readonly CompletionReader _reader;
    private readonly PreparedQueuePair _prepared;
    private readonly CancellationToken _stop;
    private readonly int _grh;
    private QueuePair? _queuePair;
    private AddressHandle? _path;
    private DatagramDestination? _destination;
    private RemoteMemoryRegion _remote;
    private Watch _watch = null!;
    private int _room;
    private long _sent;
    private long _received;
    private bool _peerIsC;

    internal PingPongGame(PingPongSettings settings, RdmaPort port, CancellationToken stop)
    {
        _settings = settings;
        _port = port;
        _stop = stop;
        _grh = settings.Type == QueuePairType.UnreliableDatagram ? GrhSize : 0;
        Mtu mtu = settings.Mtu < port.Attributes.ActiveMtu ? settings.Mtu : port.Attributes.ActiveMtu;

        // What a write sends and where the other one's lands are two places; a message has one for both.
        nuint parts = settings.Verb == PingPongVerb.Write ? 2u : 1u;
        _buffer = HostBuffer.Allocate(
            ((nuint)settings.Size * parts) + (nuint)_grh,
            new HostBufferOptions { IsShareable = true, Name = "sgl-pingpong" });
        Bytes(0, settings.Size + _grh).Fill(BallPattern.Idle);
        _domain = port.Context.AllocateDomain();
        _region = _domain.Register(_buffer, AccessFlags.LocalWrite | AccessFlags.RemoteWrite | AccessFlags.RemoteRead);
        _reader = new CompletionReader(port.Context, settings.RxDepth + 1, settings.UseEvents);
        QueuePairBuilder builder = QueuePair.Builder(_domain)
            .WithType(settings.Type)
            .WithCompletionQueue(_reader.Queue)
            .WithSendCapacity(1)
            .WithReceiveCapacity(settings.RxDepth)
            .WithMtu(mtu)
            .WithPort(port.Number)
            .WithPsn((uint)RandomNumberGenerator.GetInt32(1 << 24))
            .WithServiceLevel(settings.ServiceLevel)
            .WithQueueKey(QueueKey);
        if (settings.Type == QueuePairType.ReliableConnected)
            builder = builder.WithAckRetries(7).WithRnrRetries(7);
        if (port.Gid is { } gid)
            builder = builder.WithGidIndex(gid.Index);
        _prepared = builder.Build();
        QueuePairEndpoint own = _prepared.Endpoint;
        Local = new PeerAddress(own.Lid, own.Number, own.Psn, own.Gid);
        if (settings.Verb == PingPongVerb.Send)
            PostReceives();
    }

    /// <summary>What the peer is told.</summary>
    internal PeerAddress Local { get; }

    /// <summary>The place and the number of the first byte that was not as sent; null: all were.</summary>
    internal string? Difference { get; private set; }

    private Span<byte> Message => Bytes((nuint)_grh, _settings.Size);

    private nuint Landing => _settings.Verb == PingPongVerb.Write ? (nuint)_settings.Size : 0;

    /// <summary>Swaps addresses, and whatever else the verb needs.</summary>
    internal PeerAddress Meet(ControlChannel channel)
    {
        PeerAddress remote = PingPongExchange.Swap(channel, Local, Connect);
        _watch = new Watch(
            channel, TimeSpan.FromSeconds(15 + ((double)_settings.Size / SlowestRate)),
            () => $"{_received} of {_settings.Iterations} exchanges are done"
                + $"{(_settings.Type == QueuePairType.ReliableConnected ? "" : "; unreliable messages can get lost")}", _stop)
        {
            ExpectsConnection = _settings.Verb != PingPongVerb.Send,
        };
        if (_settings.Verb != PingPongVerb.Send)
            SwapRegions(channel);
        return remote;
    }

    /// <summary>Plays.</summary>
    /// <returns>How long it took, from the first message on.</returns>
    internal TimeSpan Play(ControlChannel channel)
    {
        long start = Stopwatch.GetTimestamp();
        switch (_settings.Verb)
        {
            case PingPongVerb.Send:
                PlayMessages(channel);
                break;
            case PingPongVerb.Write:
                PlayWrites();
                break;
            default:
                if (_settings.IsServer)
                    channel.Receive(new byte[Done.Length], "its last word");
                else
                    PlayReads();
                break;
        }

        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        SayGoodbye(channel);
        return elapsed;
    }

    public void Dispose()
    {
        _queuePair?.Dispose();
        _prepared.Dispose();
        _path?.Dispose();
        _reader.Dispose();
        _region.Dispose();
        _domain.Dispose();
        _buffer.Dispose();
    }

    private void Connect(PeerAddress peer)
    {
        if (_port.IsEthernet && peer.Gid.IsZero)
            throw new PeerException("the peer sent no GID: on Ethernet ibv_rc_pingpong needs '-g INDEX'");
        var remote = new QueuePairEndpoint(
            peer.Gid, peer.QueuePairNumber, peer.Psn, _prepared.Endpoint.Mtu, peer.Lid)
        {
            Type = _settings.Type, QueueKey = QueueKey,
        };
        if (_settings.Type != QueuePairType.UnreliableDatagram)
        {
            _queuePair = _prepared.Handshake(remote);
            return;
        }

        _queuePair = _prepared.Activate();
        _path = _domain.CreateAddressHandle(remote, _port.Gid?.Index, _port.Number);
        _destination = new DatagramDestination(_path, peer.QueuePairNumber, QueueKey);
    }

    // The 52 bytes have no place for it: this is a word between two of us.
    private void SwapRegions(ControlChannel channel)
    {
        byte[] mine = new byte[RemoteMemoryRegion.Size], answer = new byte[RemoteMemoryRegion.Size];
        _region.Remote.Slice(Landing, (ulong)_settings.Size).Write(mine);
        if (_settings.Checks && _settings.Verb == PingPongVerb.Read && _settings.IsServer)
            BallPattern.Fill(Message, 0);
        const string What = "its memory: --verb write and read need sgl at both ends";
        if (!channel.IsServer)
            channel.Send(mine);
        channel.ReceivePromptly(answer, What);
        if (channel.IsServer)
            channel.Send(mine);
        if (!RemoteMemoryRegion.TryRead(answer, out _remote) || _remote.Length != (ulong)_settings.Size)
            throw new PeerException($"the peer plays with another size than {_settings.Size} (-s), or another --verb");
    }

    private void PostReceives()
    {
        for (; _room < _settings.RxDepth; _room++)
        {
            ScatterElement room = _region.Scatter(0, (nuint)(_settings.Size + _grh));
            Errno errno = _prepared.PostReceive(new ReceiveWorkRequest(room), ReceiveId);
            if (errno != Errno.None)
                throw new WorkFailedException("a receive", errno);
        }
    }

    private void PlayMessages(ControlChannel channel)
    {
        bool awaitsSend = false, awaitsMessage = true;
        if (!_settings.IsServer)
        {
            PostMessage();
            awaitsSend = true;
        }

        long completed = 0;
        while (_received < _settings.Iterations || completed < _settings.Iterations)
        {
            ReadOnlySpan<WorkCompletion> completions = _reader.Take();
            if (completions.IsEmpty)
            {
                _reader.Wait(_watch);
                continue;
            }

            _watch.Moved();
            foreach (ref readonly WorkCompletion completion in completions)
            {
                if (completion.Id == SendId)
                {
                    completed++;
                    awaitsSend = false;
                }
                else
                {
                    TakeMessage(completion.ByteLength, channel);
                    awaitsMessage = false;
                }

                if (_sent < _settings.Iterations && !awaitsSend && !awaitsMessage)
                {
                    PostMessage();
                    awaitsSend = awaitsMessage = true;
                }
            }
        }
    }

    private void TakeMessage(uint bytes, ControlChannel channel)
    {
        if (_received == 0)
            _watch.ExpectsConnection = !channel.IsPeerGone;
        if (--_room <= 1)
            PostReceives();
        if (bytes != (uint)(_settings.Size + _grh))
            throw new PeerException($"the peer sends {bytes - (uint)_grh} bytes and not {_settings.Size} (-s)");
        if (_settings.Checks)
            Check(Message, _received);
        _received++;
    }

    private void PostMessage()
    {
        if (_settings.Checks && !_settings.IsServer)
            BallPattern.Fill(Message, _sent);
        Errno errno = _queuePair!.PostSend(
            new SendWorkRequest(_region.Gather((nuint)_grh, (nuint)_settings.Size)) { Destination = _destination },
            SendId);
        if (errno != Errno.None)
            throw new WorkFailedException($"message {_sent + 1}", errno);
        _sent++;
    }

    private void PlayWrites()
    {
        int last = _settings.Size - 1;
        while (_received < _settings.Iterations || _sent < _settings.Iterations)
        {
            if (_received < _settings.Iterations && (_sent > 0 || _settings.IsServer))
            {
                WaitForByte(Landing + (nuint)last, (byte)(_received + 1));
                if (_settings.Checks)
                    Check(Bytes(Landing, last), _received);
                _received++;
            }

            if (_sent < _settings.Iterations)
                PostWrite(last);
        }
    }

    private void PostWrite(int last)
    {
        if (_settings.Checks && _settings.IsServer)
            Bytes(Landing, last).CopyTo(Bytes(0, last));
        else if (_settings.Checks)
            BallPattern.Fill(Bytes(0, last), _sent);
        Bytes((nuint)last, 1)[0] = (byte)(_sent + 1);
        Errno errno = _queuePair!.PostWrite(
            new WriteWorkRequest(_region.Gather(0, (nuint)_settings.Size), _remote), SendId);
        if (errno != Errno.None)
            throw new WorkFailedException($"write {_sent + 1}", errno);
        WaitForCompletion();
        _sent++;
    }

    private void PlayReads()
    {
        for (; _received < _settings.Iterations; _sent = ++_received)
        {
            if (_settings.Checks)
                Message.Fill(byte.MaxValue); // what is found afterwards is what was read
            Errno errno = _queuePair!.PostRead(
                new ReadWorkRequest(_region.Scatter(0, (nuint)_settings.Size), _remote), SendId);
            if (errno != Errno.None)
                throw new WorkFailedException($"read {_received + 1}", errno);
            WaitForCompletion();
            if (_settings.Checks)
                Check(Message, 0);
        }
    }

    private void WaitForCompletion()
    {
        while (_reader.Take().IsEmpty)
            _reader.Wait(_watch);
        _watch.Moved();
    }

    // Looking for completions in between lets a device work that has no processor of its own, and finds failures.
    private void WaitForByte(nuint offset, byte value)
    {
        const int LooksAtMemory = 16;
        ref byte place = ref Bytes(offset, 1)[0];
        for (int i = 0; Volatile.Read(ref place) != value; i++)
        {
            if (i % LooksAtMemory != 0)
                continue;
            _reader.Take();
            _watch.Idle();
        }

        _watch.Moved();
    }

    private void Check(ReadOnlySpan<byte> message, long number)
    {
        int place = BallPattern.FindDifference(message, number);
        if (place < 0)
            return;
        if (number == 0)
            _peerIsC = BallPattern.IsOfC(message);
        if (!_peerIsC || !BallPattern.IsOfC(message))
            Difference ??= $"byte {place} of message {number + 1}";
    }

    // A part of the memory, which as a whole may be too long for a span.
    private Span<byte> Bytes(nuint offset, int length) => _buffer.AsSpan(offset, length);

    // So that neither goes away while the other one still needs an answer of its NIC. The C programs have left by now.
    private void SayGoodbye(ControlChannel channel)
    {
        try
        {
            channel.Send(Done);
            if (_settings.Verb != PingPongVerb.Read)
                channel.Receive(new byte[Done.Length], "its last word", Farewell);
        }
        catch (PeerException)
        {
        }
    }
}
