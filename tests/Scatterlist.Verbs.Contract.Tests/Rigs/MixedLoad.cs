using System.Buffers.Binary;

namespace Scatterlist.Verbs.Contract.Tests.Rigs;

/// <summary>
/// Writes, reads, messages and atomics of random sizes, a window of them outstanding, some without a completion. What
/// the peer's memory must hold is kept here, and every read is compared with it; messages are numbered for the peer's
/// <see cref="MessageSink"/>.
/// </summary>
internal sealed class MixedLoad
{
    /// <summary>The bytes of a slot; every operation that is outstanding has one of its own, on both sides.</summary>
    internal const int SlotLength = 32 * 1024;

    /// <summary>The operations that may be outstanding.</summary>
    internal const int Window = 48;

    /// <summary>Bytes of memory that each side needs: the counter's page, and the slots.</summary>
    internal const int MemoryLength = FirstSlot + Window * SlotLength;

    /// <summary>No message is longer.</summary>
    internal const int MaxMessage = 2048;

    private const int FirstSlot = 4096;
    private const int ReportEvery = 8;

    private readonly Link _link;
    private readonly int _seed;
    private readonly int _operations;
    private readonly bool _withAtomics;
    private readonly byte[] _there = new byte[MemoryLength];
    private readonly Pending[] _pending = new Pending[Window];
    private readonly WorkCompletion[] _polled = new WorkCompletion[Window];
    private int _posted;
    private int _done;
    private int _message;

    internal MixedLoad(Link link, int seed, int operations)
    {
        _link = link;
        _seed = seed;
        _operations = operations;
        _withAtomics = link.Rig.Context.Attributes.AtomicCapability != AtomicCapability.None;
        var kinds = new Random(seed);
        for (int i = 0; i < operations; i++)
            Messages += Draw(kinds) is Kind.Send or Kind.WriteWithImmediate ? 1 : 0;
    }

    private enum Kind
    {
        Write,
        Read,
        Add,
        Send,
        WriteWithImmediate,
    }

    /// <summary>How many messages the peer will receive.</summary>
    internal int Messages { get; }

    /// <summary>What the peer's counter must be in the end.</summary>
    internal ulong Sum { get; private set; }

    /// <summary>Posts all and checks all.</summary>
    internal void Run()
    {
        var kinds = new Random(_seed);
        var sizes = new Random(_seed ^ 0x55aa);
        while (_done < _operations)
        {
            while (_posted < _operations && _posted - _done < Window)
                PostNext(Draw(kinds), sizes);
            TakeCompletions();
        }
    }

    private static int DrawLength(Random random, int most) => random.Next(20) switch
    {
        < 14 => random.Next(Math.Min(most, 256)),
        < 19 => random.Next(Math.Min(most, 4200)),
        _ => random.Next(most),
    };

    private Kind Draw(Random random) => random.Next(16) switch
    {
        < 6 => Kind.Write,
        < 10 => Kind.Read,
        < 12 => _withAtomics ? Kind.Add : Kind.Write,
        < 15 => Kind.Send,
        _ => Kind.WriteWithImmediate,
    };

    private void PostNext(Kind kind, Random random)
    {
        int slot = _posted % Window;
        nuint place = (nuint)(FirstSlot + slot * SlotLength);
        int length = DrawLength(random, kind == Kind.Send ? MaxMessage : SlotLength);
        ulong id = (ulong)_posted;

        // The last of all, and one of each few, say when all before them are done.
        bool silent = random.Next(3) == 0 && _posted % ReportEvery != 0 && _posted != _operations - 1;
        Span<byte> bytes = _link.Memory.Bytes(place, length);
        ref Pending pending = ref _pending[slot];
        pending = new Pending(kind, length, Sum);
        var work = new Work(WorkRequestOpcode.RdmaWrite, id)
        {
            Offset = place, Length = (nuint)length, Target = _link.Target.Slice(place), Unsignaled = silent,
            Inline = kind is Kind.Write or Kind.Send && length is > 0 and <= 64 && random.Next(2) == 0,
        };
        switch (kind)
        {
            case Kind.Send:
                Pattern.Fill((ulong)_message, bytes);
                work = (_message & 1) == 0
                    ? work with { Opcode = WorkRequestOpcode.Send }
                    : work with { Opcode = WorkRequestOpcode.SendWithImmediate, Immediate = (uint)_message };
                _message++;
                break;
            case Kind.Read:
                bytes.Fill(0xdb);
                work = work with { Opcode = WorkRequestOpcode.RdmaRead };
                break;
            case Kind.Add:
                ulong value = (ulong)random.NextInt64();
                Sum += value;
                work = work with
                {
                    Opcode = WorkRequestOpcode.FetchAndAdd, Target = _link.Target.Slice(0, 8), Compare = value,
                };
                break;
            default:
                Pattern.Fill(id, bytes);
                bytes.CopyTo(_there.AsSpan((int)place));
                if (kind == Kind.WriteWithImmediate)
                {
                    work = work with
                    {
                        Opcode = WorkRequestOpcode.RdmaWriteWithImmediate, Immediate = (uint)_message++,
                    };
                }

                break;
        }

        Errno errno = _link.Kit.Post(work, _link.Region);
        if (errno != Errno.None)
            Assert.Fail($"Operation {_posted}, {kind} of {length} bytes, was refused: {errno}");
        _posted++;
    }

    private void TakeCompletions()
    {
        int polled = 0;
        long deadline = Environment.TickCount64 + (long)CompletionQueueCollecting.Limit.TotalMilliseconds;
        for (var spin = default(SpinWait); polled == 0; spin.SpinOnce())
        {
            polled = _link.SendQueue.Poll(_polled);
            if (polled == 0 && Environment.TickCount64 > deadline)
                Assert.Fail($"No completion after operation {_done} of {_posted} that are posted.");
        }

        for (int i = 0; i < polled; i++)
        {
            if (!_polled[i].IsSuccess)
                Assert.Fail($"Operation {_polled[i].Id}: {_polled[i]}");
            int upTo = (int)_polled[i].Id;
            if (upTo < _done || upTo >= _posted)
                Assert.Fail($"Operation {upTo} completes while {_done} to {_posted} are outstanding.");
            while (_done <= upTo)
                Check(_done++);
        }
    }

    private void Check(int operation)
    {
        int slot = operation % Window;
        int place = FirstSlot + slot * SlotLength;
        Pending pending = _pending[slot];
        if (pending.Kind == Kind.Read)
        {
            Span<byte> bytes = _link.Memory.Bytes((nuint)place, pending.Length);
            if (!bytes.SequenceEqual(_there.AsSpan(place, pending.Length)))
                Assert.Fail($"Operation {operation} read wrong bytes, {pending.Length} of them.");
        }
        else if (pending.Kind == Kind.Add)
        {
            ulong before = BinaryPrimitives.ReadUInt64LittleEndian(_link.Memory.Bytes((nuint)place, 8));
            if (before != pending.SumBefore)
                Assert.Fail($"Operation {operation} found {before} where {pending.SumBefore} must have been.");
        }
    }

    private readonly record struct Pending(Kind Kind, int Length, ulong SumBefore);
}
