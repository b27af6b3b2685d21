using System.Runtime.InteropServices;
using Scatterlist.Verbs;
using Scatterlist.Verbs.SoftRoce;

namespace Scatterlist.Compare.Areas.Verbs;

/// <summary>One end of a connected pair: what both processes of a comparison have, and the work that they do.</summary>
internal sealed class NicSide : IDisposable
{
    /// <summary>Bytes of the memory, of which the first page is for words that the peer waits for.</summary>
    public const int MemoryBytes = Data + (4 << 20);

    private const int Data = 4096;
    private const int ArrivalOffset = 128; // where the peer's word arrives
    private const int DepartureOffset = 256; // where ours is sent from
    private const int Depth = 128;
    private const int Receives = 1024;
    private const int SignalEvery = 16;
    private const int LooksAtShared = 1024; // the peer writes into our memory itself: a poll only keeps the NIC going
    private const int PollsOfReceives = 64; // for one of the sends
    private const int PatienceMilliseconds = 20_000;

    private readonly int _looksPerPoll;
    private readonly Context _context;
    private readonly ProtectionDomain _domain;
    private readonly HostBuffer _memory;
    private readonly MemoryRegion _region;
    private readonly CompletionQueue _sends;
    private readonly CompletionQueue _receives;
    private readonly PreparedQueuePair _prepared;
    private QueuePair? _queuePair;
    private RemoteMemoryRegion _remote;
    private ulong _word;
    private ulong _lastSent;
    private int _taken; // receives that are to be posted again
    private long _idle; // polls without a completion
    private long _idleSince;

    public NicSide(bool sameHost, string? faults)
    {
        _looksPerPoll = sameHost ? LooksAtShared : 1; // on UDP it is the poll that takes the packet from the socket
        _context = SoftNic.Open(new SoftNicOptions { SameHost = sameHost, Faults = faults });
        _domain = _context.AllocateDomain();
        _memory = HostBuffer.Allocate(MemoryBytes, new HostBufferOptions { IsShareable = true });
        _memory.AsSpan().Fill(0x5a);
        _memory.AsSpan(0, Data).Clear();
        _region = _domain.Register(_memory, AccessFlags.LocalWrite | AccessFlags.RemoteWrite | AccessFlags.RemoteRead);
        _sends = _context.CreateCompletionQueue(Depth * 2);
        _receives = _context.CreateCompletionQueue(Receives * 2);
        _prepared = QueuePair.Builder(_domain)
            .WithCompletionQueues(_sends, _receives)
            .WithAccess(AccessFlags.LocalWrite | AccessFlags.RemoteWrite | AccessFlags.RemoteRead)
            .WithSendCapacity(Depth)
            .WithReceiveCapacity(Receives)
            .WithInlineBytes(64)
            .WithMinRnrTimer(1)
            .WithRnrRetries(7) // for ever
            .Build();
    }

    /// <summary>What the other end needs: the endpoint and the memory.</summary>
    public string Address => $"{_prepared.Endpoint} {_region.Remote.ToText()}";

    public void Connect(string address)
    {
        string[] parts = address.Split(' ', 2);
        _remote = RemoteMemoryRegion.Parse(parts[1]);
        _queuePair = _prepared.Handshake(QueuePairEndpoint.Parse(parts[0]));
        for (int i = 0; i < Receives; i++)
            Check(_queuePair.PostReceive(new ReceiveWorkRequest(_region.Scatter(Data, 64 << 10)), 0), "receive");
    }

    /// <summary>8 bytes there and 8 back, each seen in memory.</summary>
    public void BounceWrites(int roundTrips, bool isFirst)
    {
        GatherElement departure = _region.Gather(DepartureOffset, 8);
        RemoteMemoryRegion arrival = _remote.Slice(ArrivalOffset, 8);
        ref ulong word = ref MemoryMarshal.AsRef<ulong>(_memory.AsSpan(DepartureOffset, 8));
        for (int i = 0; i < roundTrips; i++)
        {
            _word++;
            if (!isFirst)
                AwaitWord();
            word = _word;
            _idle = 0;
            bool isSignaled = _word % SignalEvery == 0 || i == roundTrips - 1;
            Check(
                _queuePair!.PostWrite(
                    new WriteWorkRequest(departure, arrival)
                    {
                        Inline = true,
                        Unsignaled = !isSignaled,
                    },
                    _word),
                "write");
            if (isFirst)
                AwaitWord();
            if (isSignaled)
                LookForSend(); // or the queue would overflow where the word always comes at once
        }

        AwaitSend(_word);
    }

    /// <summary>Messages there and back, each taken by a receive.</summary>
    public void BounceSends(int roundTrips, int size, bool isFirst)
    {
        for (int i = 0; i < roundTrips; i++)
        {
            _word++;
            if (!isFirst)
                AwaitReceive();
            bool isSignaled = _word % SignalEvery == 0 || i == roundTrips - 1;
            Check(
                _queuePair!.PostSend(
                    new SendWorkRequest(_region.Gather(Data, (nuint)size)) { Inline = size <= 64, Unsignaled = !isSignaled },
                    _word),
                "send");
            Refill(); // now, while the peer is at work
            if (isFirst)
                AwaitReceive();
            if (isSignaled)
                LookForSend();
        }

        Refill();
        AwaitSend(_word);
    }

    /// <summary>Writes of one size, many under way.</summary>
    public void StreamWrites(int count, int size)
    {
        GatherElement from = _region.Gather(Data, (nuint)size);
        RemoteMemoryRegion to = _remote.Slice(Data, (ulong)size);
        int underWay = 0;
        for (int i = 0; i < count; i++)
        {
            while (underWay > Depth - SignalEvery)
                underWay -= TakeSends();
            bool isSignaled = (i + 1) % SignalEvery == 0 || i == count - 1;
            Check(
                _queuePair!.PostWrite(
                    new WriteWorkRequest(from, to)
                    {
                        Unsignaled = !isSignaled,
                    },
                    (ulong)(isSignaled ? i % SignalEvery : 0) + 1),
                "write");
            underWay++;
        }

        while (underWay > 0)
            underWay -= TakeSends();
    }

    /// <summary>Messages of one size, many under way.</summary>
    public void StreamSends(int count, int size)
    {
        int underWay = 0;
        for (int i = 0; i < count; i++)
        {
            while (underWay > Depth - SignalEvery)
                underWay -= TakeSends();
            bool isSignaled = (i + 1) % SignalEvery == 0 || i == count - 1;
            Check(
                _queuePair!.PostSend(
                    new SendWorkRequest(_region.Gather(Data, (nuint)size)) { Unsignaled = !isSignaled },
                    (ulong)(isSignaled ? i % SignalEvery : 0) + 1),
                "send");
            underWay++;
        }

        while (underWay > 0)
            underWay -= TakeSends();
    }

    /// <summary>Takes so many messages.</summary>
    public void TakeSends(int count)
    {
        for (int i = 0; i < count; i++)
        {
            AwaitReceive();
            Refill();
        }
    }

    /// <summary>Drives the NIC until the peer's word has come: the end of a stream of writes.</summary>
    public void DriveUntilWord()
    {
        _word++;
        AwaitWord();
    }

    /// <summary>Tells the peer that a stream is over.</summary>
    public void SendWord()
    {
        _word++;
        MemoryMarshal.Write(_memory.AsSpan(DepartureOffset, 8), in _word);
        Check(
            _queuePair!.PostWrite(
                new WriteWorkRequest(_region.Gather(DepartureOffset, 8), _remote.Slice(ArrivalOffset, 8)), _word),
            "write");
        AwaitSend(_word);
    }

    public void Dispose()
    {
        _queuePair?.Dispose();
        _prepared.Dispose();
        _sends.Dispose();
        _receives.Dispose();
        _region.Dispose();
        _memory.Dispose();
        _domain.Dispose();
        _context.Dispose();
    }

    private static void Check(Errno errno, string verb)
    {
        if (errno != Errno.None)
            throw new CannotMeasureException($"A {verb} could not be posted: {errno.Name()}.");
    }

    private static void Check(in WorkCompletion completion)
    {
        if (completion.Status != CompletionStatus.Success)
            throw new CannotMeasureException($"A work request ended with {completion.Status}.");
    }

    private void AwaitWord()
    {
        ref ulong arrival = ref MemoryMarshal.AsRef<ulong>(_memory.AsSpan(ArrivalOffset, 8));
        _idle = 0;
        for (int looks = 1; Volatile.Read(ref arrival) < _word; looks++)
        {
            if (looks % _looksPerPoll == 0)
                LookForSend(); // also drives the NIC on
        }
    }

    private void AwaitSend(ulong id)
    {
        while (_lastSent != id)
            LookForSend();
    }

    private void LookForSend()
    {
        if (!_sends.TryPoll(out WorkCompletion completion))
        {
            Idle();
            return;
        }

        Check(completion);
        _lastSent = completion.Id;
        _idle = 0;
    }

    private void AwaitReceive()
    {
        WorkCompletion completion;
        for (int polls = 1; !_receives.TryPoll(out completion); polls++)
        {
            if (polls % PollsOfReceives == 0)
                LookForSend();
        }

        _idle = 0;
        Check(completion);
        _taken++;
    }

    private void Refill()
    {
        for (; _taken > 0; _taken--)
            Check(_queuePair!.PostReceive(new ReceiveWorkRequest(_region.Scatter(Data, 64 << 10)), 0), "receive");
    }

    // A completion's id says how many requests it stands for.
    private int TakeSends()
    {
        if (!_sends.TryPoll(out WorkCompletion completion))
        {
            Idle();
            return 0;
        }

        Check(completion);
        _idle = 0;
        return (int)completion.Id;
    }

    // A second process whose first one was killed must not spin for ever.
    private void Idle()
    {
        if (++_idle % (1 << 16) != 0)
            return;
        if (_idle == 1 << 16)
            _idleSince = Environment.TickCount64;
        else if (Environment.TickCount64 - _idleSince > PatienceMilliseconds)
            throw new CannotMeasureException("The other end of a pair of NICs does not answer.");
    }
}
