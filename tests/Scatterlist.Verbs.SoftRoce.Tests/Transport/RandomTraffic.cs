using System.Buffers.Binary;
using Scatterlist.Verbs.Interop;

namespace Scatterlist.Verbs.SoftRoce.Tests.Transport;

/// <summary>
/// One direction of random traffic between two endpoints, with a model of what must come of it: every operation done
/// once, in order.
/// </summary>
/// <remarks>
/// The peer's memory has one part for writes, one word for atomics, one constant part for reads, and a part for
/// receives. The sender's has a slot for each request that may be outstanding.
/// </remarks>
internal sealed class RandomTraffic(Endpoint from, Endpoint to, Random random, int total, int maxLength)
{
    private const int Slots = 16;
    private const int WriteArea = 65536;
    private const int CounterAt = WriteArea;
    private const int ReadAt = WriteArea + 4096;
    private const int ReadArea = 65536;
    private const int ReceiveAt = ReadAt + ReadArea;

    private readonly byte[] _written = new byte[WriteArea];
    private readonly Queue<(ulong Id, WorkRequestOpcode Opcode, int Slot, int Length, int Offset, ulong Value)> _open =
        new();
    private readonly Queue<(int Slot, int Length, uint? Immediate, byte[] Data, bool IsWrite)> _incoming = new();
    private readonly Queue<(ulong Id, int Slot)> _receives = new();
    private ulong _counter;
    private ulong _nextId;
    private ulong _nextReceive;
    private int _done;
    private int _sentSeen;
    private int _receivedSeen;

    private int SlotSize => (maxLength + 63) & ~63;

    // The sender's slots lie behind what the opposite direction uses of the same memory.
    private int SlotAt(int slot) => ReceiveAt + ((Slots + slot) * SlotSize);

    private int ReceiveSlotAt(int slot) => ReceiveAt + (slot * SlotSize);

    internal static int MemoryFor(int maxLength) => ReceiveAt + (2 * Slots * ((maxLength + 63) & ~63));

    internal bool IsDone => _done == total && _incoming.Count == 0;

    internal void Prepare() => random.NextBytes(to.Memory.AsSpan(ReadAt, ReadArea));

    internal void Work()
    {
        while (_receives.Count < Slots)
        {
            if (random.Next(4) == 0 && _receives.Count > 2)
                break; // the peer is late now and then: RNR
            ulong id = _nextReceive++;
            int slot = (int)(id % Slots);
            Assert.Equal(Errno.None, to.PostReceive(id, to.Piece(ReceiveSlotAt(slot), maxLength)));
            _receives.Enqueue((id, slot));
        }

        while (_open.Count < Slots && _nextId < (ulong)total && random.Next(8) != 0)
            PostOne();
        Check();
    }

    internal void CheckEnd()
    {
        Assert.Equal(_written, to.Memory.AsSpan(0, WriteArea));
        Assert.Equal(_counter, BitConverter.ToUInt64(to.Memory, CounterAt));
    }

    private void PostOne()
    {
        ulong id = _nextId++;
        int slot = (int)(id % Slots);
        int length = random.Next(3) == 0 ? random.Next(maxLength + 1) : random.Next(Math.Min(64, maxLength) + 1);
        int at = SlotAt(slot);
        Span<byte> data = from.Memory.AsSpan(at, length);
        SendFlags flags = SendFlags.Signaled | (random.Next(8) == 0 ? SendFlags.Fence : 0);
        ulong value = 0;
        int offset = 0;
        Errno errno;
        var opcode = (WorkRequestOpcode)random.Next(7);
        switch (opcode)
        {
            case WorkRequestOpcode.RdmaWrite:
            case WorkRequestOpcode.RdmaWriteWithImmediate:
                offset = random.Next(WriteArea - length);
                random.NextBytes(data);
                data.CopyTo(_written.AsSpan(offset));
                value = (uint)random.Next();
                if (opcode == WorkRequestOpcode.RdmaWriteWithImmediate)
                    _incoming.Enqueue((0, length, (uint)value, [], true));
                errno = from.Post(
                    Endpoint.Entry(id, opcode, flags, (ulong)to.AddressOf(offset), to.RemoteKey, (uint)value),
                    Cut(at, length));
                break;
            case WorkRequestOpcode.Send:
            case WorkRequestOpcode.SendWithImmediate:
                random.NextBytes(data);
                value = (uint)random.Next();
                _incoming.Enqueue((
                    0, length, opcode == WorkRequestOpcode.Send ? null : (uint)value, data.ToArray(), false));
                errno = from.Post(Endpoint.Entry(id, opcode, flags, immediate: (uint)value), Cut(at, length));
                break;
            case WorkRequestOpcode.RdmaRead:
                offset = random.Next(ReadArea - length);
                data.Clear();
                errno = from.Post(
                    Endpoint.Entry(id, opcode, flags, (ulong)to.AddressOf(ReadAt + offset), to.RemoteKey),
                    Cut(at, length));
                break;
            default:
                value = _counter;
                ulong operand = (ulong)random.NextInt64();
                bool swaps = opcode == WorkRequestOpcode.CompareAndSwap;
                bool matches = random.Next(2) == 0;
                errno = from.Post(
                    Endpoint.Atomic(
                        id, opcode, (ulong)to.AddressOf(CounterAt), to.RemoteKey,
                        swaps ? (matches ? _counter : _counter + 1) : operand, operand),
                    from.Piece(at, 8));
                if (swaps && matches)
                    _counter = operand;
                else if (!swaps)
                    _counter += operand;
                break;
        }

        Assert.Equal(Errno.None, errno);
        _open.Enqueue((id, opcode, slot, length, offset, value));
    }

    private ScatterGatherEntry[] Cut(int at, int length)
    {
        if (random.Next(2) == 0)
            return [from.Piece(at, length)];
        int first = random.Next(length + 1);
        return [from.Piece(at, first), from.Piece(at + first, 0), from.Piece(at + first, length - first)];
    }

    private void Check()
    {
        from.Poll();
        to.Poll();
        for (; _sentSeen < from.Sent.Count; _sentSeen++)
        {
            WorkCompletion completion = from.Sent[_sentSeen];
            (ulong id, WorkRequestOpcode opcode, int slot, int length, int offset, ulong value) = _open.Dequeue();
            Assert.Equal((id, CompletionStatus.Success), (completion.Id, completion.Status));
            if (opcode == WorkRequestOpcode.RdmaRead)
                Assert.Equal(to.Memory.AsSpan(ReadAt + offset, length), from.Memory.AsSpan(SlotAt(slot), length));
            else if (opcode is WorkRequestOpcode.CompareAndSwap or WorkRequestOpcode.FetchAndAdd)
                Assert.Equal(value, BitConverter.ToUInt64(from.Memory, SlotAt(slot)));
            _done++;
        }

        for (; _receivedSeen < to.Received.Count; _receivedSeen++)
        {
            WorkCompletion completion = to.Received[_receivedSeen];
            (_, int length, uint? immediate, byte[] data, bool isWrite) = _incoming.Dequeue();
            (ulong id, int slot) = _receives.Dequeue();
            Assert.Equal((id, CompletionStatus.Success), (completion.Id, completion.Status));
            Assert.Equal((uint)length, completion.ByteLength);
            Assert.Equal(
                immediate,
                completion.Immediate is uint got ? BinaryPrimitives.ReverseEndianness(got) : null);
            if (!isWrite)
                Assert.Equal(data, to.Memory.AsSpan(ReceiveSlotAt(slot), length));
        }
    }
}
