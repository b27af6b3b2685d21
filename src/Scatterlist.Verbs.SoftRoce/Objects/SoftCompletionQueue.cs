using System.Numerics;
using Scatterlist.Verbs.Providers;
using Scatterlist.Verbs.SoftRoce.Engine;

namespace Scatterlist.Verbs.SoftRoce.Objects;

/// <summary>
/// A completion queue: one producer, whoever holds the engine's lock, and one consumer at a time. Consumers need no
/// engine lock while there is something to take; when there is not, a poll drives the NIC on.
/// </summary>
internal sealed partial class SoftCompletionQueue : ProviderCompletionQueue
{
    private const int NotArmed = 0;
    private const int ArmedForSolicited = 1;
    private const int ArmedForAny = 2;

    private readonly SoftCompletionChannel? _channel;
    private WorkCompletion[] _ring;
    private int _consumer; // 1 while a thread takes
    private ulong _head;
    private ulong _tail;
    private int _armed;
    private bool _hasOverflowed;

    internal SoftCompletionQueue(SoftContext context, int entries, SoftCompletionChannel? channel)
        : base(1, channel is null ? context : channel)
    {
        Context = context;
        GuardsPolls = true; // what a poll touches is managed, and the engine's lock keeps it from the engine's end
        _channel = channel;
        Entries = entries;
        _ring = new WorkCompletion[BitOperations.RoundUpToPowerOf2((uint)entries)];
    }

    internal SoftContext Context { get; }

    internal override int Capacity => Entries;

    private int Entries { get; set; }

    internal override Errno RequestNotification(bool solicitedOnly)
    {
        if (_channel is null)
            return Errno.EINVAL;
        int wanted = solicitedOnly ? ArmedForSolicited : ArmedForAny;
        NicEngine engine = Context.Engine;
        int before;
        engine.Enter(); // so that a completion needs no fence between its own place in the queue and the look at this
        try
        {
            before = Volatile.Read(ref _armed);
            if (before < wanted)
                Volatile.Write(ref _armed, wanted);
        }
        finally
        {
            engine.Exit();
        }

        if (before == NotArmed)
            engine.NoteArmed(1);
        return Errno.None;
    }

    internal override Errno Resize(int entries)
    {
        if (entries is < 1 or > SoftLimits.MaxCompletionQueueEntries)
            return Errno.EINVAL;
        NicEngine engine = Context.Engine;
        engine.Enter();
        EnterConsumer();
        try
        {
            int count = (int)(_tail - _head);
            if (count > entries)
                return Errno.EINVAL;
            var ring = new WorkCompletion[BitOperations.RoundUpToPowerOf2((uint)entries)];
            for (int i = 0; i < count; i++)
                ring[i] = _ring[(int)((_head + (ulong)i) & (ulong)(_ring.Length - 1))];
            _ring = ring;
            _head = 0;
            _tail = (ulong)count;
            Entries = entries;
            return Errno.None;
        }
        finally
        {
            Volatile.Write(ref _consumer, 0);
            engine.Exit();
        }
    }

    /// <summary>Adds a completion. Under the engine's lock.</summary>
    internal void Push(in WorkCompletion completion, bool solicited)
    {
        if ((TryHandOver(completion) || TryAdd(completion)) && _channel is not null)
            Notify(solicited || !completion.IsSuccess);
    }

    /// <summary>Puts a completion into the queue. False: it is lost, and somebody was told.</summary>
    private bool TryAdd(in WorkCompletion completion)
    {
        if (_tail - Volatile.Read(ref _head) >= (ulong)Entries)
        {
            // As on hardware a full queue loses the completion and is broken from then on (IBV_EVENT_CQ_ERR).
            if (!_hasOverflowed)
                Context.Engine.Raise(AsyncEventType.CompletionQueueError, this);
            _hasOverflowed = true;
            return false;
        }

        _ring[(int)(_tail & (ulong)(_ring.Length - 1))] = completion;
        Volatile.Write(ref _tail, _tail + 1);
        return true;
    }

    protected override bool ReleaseNative()
    {
        if (Interlocked.Exchange(ref _armed, NotArmed) != NotArmed)
            Context.Engine.NoteArmed(-1);
        return true;
    }

    private int Take(Span<WorkCompletion> completions)
    {
        if (Volatile.Read(ref _tail) == Volatile.Read(ref _head))
            return 0;
        EnterConsumer();
        WorkCompletion[] ring = _ring;
        ulong head = _head;
        int count = (int)Math.Min((ulong)completions.Length, Volatile.Read(ref _tail) - head);
        for (int i = 0; i < count; i++)
            completions[i] = ring[(int)((head + (ulong)i) & (ulong)(ring.Length - 1))];
        Volatile.Write(ref _head, head + (ulong)count);
        Volatile.Write(ref _consumer, 0);
        return count;
    }

    private void EnterConsumer()
    {
        if (Interlocked.CompareExchange(ref _consumer, 1, 0) == 0)
            return;
        var wait = default(SpinWait);
        do
        {
            wait.SpinOnce(sleep1Threshold: -1);
        }
        while (Interlocked.CompareExchange(ref _consumer, 1, 0) != 0);
    }

    private void Notify(bool solicited)
    {
        int armed = Volatile.Read(ref _armed);
        if (armed == NotArmed || (armed == ArmedForSolicited && !solicited))
            return;
        if (Interlocked.CompareExchange(ref _armed, NotArmed, armed) != armed
            && Interlocked.Exchange(ref _armed, NotArmed) == NotArmed)
        {
            return;
        }

        Context.Engine.NoteArmed(-1);
        _channel!.Raise(this);
    }
}
