using Scatterlist.Verbs.Interop;
using Scatterlist.Verbs.Providers;

namespace Scatterlist.Verbs.Tests.Fakes;

internal sealed unsafe class FakeQueuePair : ProviderQueuePair
{
    private readonly FakeDomain _domain;
    private readonly QueuePairRequest _request;
    private readonly Lock _lock = new();
    private readonly ulong[] _sends = new ulong[1024];
    private readonly Queue<ulong> _receives = new();
    private QueuePairAttributes _attributes;
    private int _sendCount;

    internal FakeQueuePair(FakeDomain domain, QueuePairRequest request)
        : base(9, domain)
    {
        _domain = domain;
        _request = request;
        Number = domain.Context.NextNumber();
        bool held = false;
        request.SendCompletionQueue.DangerousAddRef(ref held);
        held = false;
        request.ReceiveCompletionQueue.DangerousAddRef(ref held);
        held = false;
        request.SharedReceiveQueue?.DangerousAddRef(ref held);
    }

    internal override uint Number { get; }

    internal override QueuePairCapabilities Capabilities => _request.Capabilities;

    internal QueuePairRequest Request => _request;

    /// <summary>Whether posts are recorded in full, which allocates.</summary>
    internal bool Records { get; set; } = true;

    internal List<SentWork> Sent { get; } = [];

    internal List<SentWork> Received { get; } = [];

    internal List<(QueuePairAttributes Attributes, QueuePairAttributeMask Mask)> Modifies { get; } = [];

    /// <summary>How often the device was told of sends.</summary>
    internal int Rings { get; private set; }

    internal Errno NextModify { get; set; }

    internal Errno NextPost { get; set; }

    /// <summary>Whether the error state drops work without completions, as a dead device does.</summary>
    internal bool IsDead { get; set; }

    internal int OutstandingSends
    {
        get
        {
            lock (_lock)
                return _sendCount;
        }
    }

    /// <summary>Completes the oldest sends.</summary>
    internal void CompleteSends(int count, CompletionStatus status = CompletionStatus.Success)
    {
        for (int i = 0; i < count; i++)
        {
            ulong id;
            lock (_lock)
            {
                id = _sends[0];
                _sends.AsSpan(1, --_sendCount).CopyTo(_sends);
            }

            Add(_request.SendCompletionQueue, id, status, CompletionOpcode.RdmaWrite);
        }
    }

    internal void CompleteReceive(uint bytes, CompletionStatus status = CompletionStatus.Success)
    {
        ulong id;
        lock (_lock)
            id = _receives.Dequeue();
        ((FakeCompletionQueue)_request.ReceiveCompletionQueue).Add(
            new WorkCompletion(id, status, CompletionOpcode.Receive, Number, bytes));
    }

    internal override Errno Modify(in QueuePairAttributes attributes, QueuePairAttributeMask mask)
    {
        Modifies.Add((attributes, mask));
        Errno errno = NextModify;
        NextModify = Errno.None;
        if (errno != Errno.None)
            return errno;
        if ((mask & QueuePairAttributeMask.State) == 0)
            return Errno.None;
        if (!TransitionRules.TryGet(_request.Type, _attributes.State, attributes.State, out var needed, out _)
            || (needed & ~mask) != 0)
        {
            return Errno.EINVAL;
        }

        _attributes.State = attributes.State;
        if (attributes.State == QueuePairState.Reset || (attributes.State == QueuePairState.Error && IsDead))
            Drop();
        else if (attributes.State == QueuePairState.Error)
            FlushAll();
        return Errno.None;
    }

    internal override Errno Query(QueuePairAttributeMask mask, out QueuePairAttributes attributes)
    {
        attributes = _attributes;
        return Errno.None;
    }

    internal override Errno PostSend(SendEntry* entries, int count, out int posted)
    {
        posted = 0;
        _domain.Context.During?.Invoke("post_send");
        Rings++;
        for (SendEntry* entry = entries; entry is not null && posted < count; entry = entry->Next)
        {
            if (NextPost != Errno.None)
                return NextPost;
            if (entry != entries + posted)
                return Errno.EIO; // the array is the list
            if (Records)
                Sent.Add(SentWork.Of(entry));
            bool signaled = (entry->Flags & (uint)SendFlags.Signaled) != 0;
            if (_domain.Context.CompletesAtOnce)
            {
                if (signaled)
                    Add(_request.SendCompletionQueue, entry->Id, CompletionStatus.Success, CompletionOpcode.Send);
            }
            else
            {
                lock (_lock)
                {
                    if (_sendCount >= _request.Capabilities.MaxSendWorkRequests)
                        return Errno.ENOMEM;
                    _sends[_sendCount++] = entry->Id;
                }
            }

            posted++;
        }

        return posted == count ? Errno.None : Errno.EIO;
    }

    internal override Errno PostReceive(ReceiveEntry* entries, int count, out int posted)
    {
        posted = 0;
        _domain.Context.During?.Invoke("post_recv");
        for (ReceiveEntry* entry = entries; entry is not null && posted < count; entry = entry->Next)
        {
            if (Records)
                Received.Add(SentWork.Of(entry));
            lock (_lock)
            {
                if (_receives.Count >= _request.Capabilities.MaxReceiveWorkRequests)
                    return Errno.ENOMEM;
                _receives.Enqueue(entry->Id);
            }

            posted++;
        }

        return Errno.None;
    }

    protected override bool ReleaseNative()
    {
        _domain.Context.NoteRelease("qp");
        _request.SendCompletionQueue.DangerousRelease();
        _request.ReceiveCompletionQueue.DangerousRelease();
        _request.SharedReceiveQueue?.DangerousRelease();
        return true;
    }

    private void Drop()
    {
        lock (_lock)
        {
            _sendCount = 0;
            _receives.Clear();
        }
    }

    private void FlushAll()
    {
        CompleteSends(OutstandingSends, CompletionStatus.WorkRequestFlushedError);
        while (true)
        {
            lock (_lock)
            {
                if (_receives.Count == 0)
                    return;
            }

            CompleteReceive(0, CompletionStatus.WorkRequestFlushedError);
        }
    }

    private void Add(ProviderCompletionQueue queue, ulong id, CompletionStatus status, CompletionOpcode opcode) =>
        ((FakeCompletionQueue)queue).Add(new WorkCompletion(id, status, opcode, Number));
}
