using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Scatterlist.Verbs.Interop;

namespace Scatterlist.Verbs.SoftRoce.Transport;

/// <summary>
/// The send queue: a ring of slots with room for the elements and the inline bytes of each, made once. Positions count
/// up for ever and wrap at 2^32. Used under the engine's lock.
/// </summary>
internal sealed unsafe class SendQueue
{
    private readonly SendSlot[] _slots;
    private readonly ScatterGatherEntry[] _elements;
    private readonly byte[] _inline; // pinned: packets name its bytes by address
    private readonly byte* _inlineStart;
    private readonly uint _mask;

    internal SendQueue(int capacity, int maxElements, int maxInline)
    {
        Capacity = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, capacity));
        MaxElements = maxElements;
        MaxInline = maxInline;
        _mask = (uint)Capacity - 1;
        _slots = new SendSlot[Capacity];
        _elements = new ScatterGatherEntry[Capacity * maxElements];
        _inline = GC.AllocateArray<byte>(Capacity * maxInline, pinned: true);
        _inlineStart = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_inline));
    }

    internal int Capacity { get; }

    internal int MaxElements { get; }

    internal int MaxInline { get; }

    /// <summary>The oldest work request that has not completed.</summary>
    internal uint Head { get; private set; }

    /// <summary>Where the next post goes.</summary>
    internal uint Tail { get; private set; }

    internal int Count => (int)(Tail - Head);

    internal bool IsFull => Count == Capacity;

    internal ref SendSlot this[uint position] => ref _slots[position & _mask];

    internal ReadOnlySpan<ScatterGatherEntry> ElementsOf(uint position) =>
        _elements.AsSpan((int)(position & _mask) * MaxElements, _slots[position & _mask].ElementCount);

    internal byte* InlineOf(uint position) => _inlineStart + ((position & _mask) * (uint)MaxInline);

    /// <summary>Copies an entry that was found valid into the next slot.</summary>
    internal ref SendSlot Add(in SendEntry entry, uint length)
    {
        uint index = Tail & _mask;
        ref SendSlot slot = ref _slots[index];
        slot.Id = entry.Id;
        slot.Opcode = (WorkRequestOpcode)entry.Opcode;
        slot.Flags = (SendFlags)entry.Flags;
        slot.Immediate = entry.Immediate;
        slot.Length = length;
        slot.IsStarted = false;
        slot.DoneDirectly = 0;
        slot.RemoteAddress = entry.RemoteAddress;
        slot.RemoteKey = entry.RemoteKey;
        if (slot.IsAtomic)
        {
            slot.CompareOrAdd = entry.CompareOrAdd;
            slot.Swap = entry.Swap;
            slot.RemoteKey = entry.AtomicRemoteKey;
        }

        var elements = new ReadOnlySpan<ScatterGatherEntry>(entry.List, entry.ListLength);
        if ((slot.Flags & SendFlags.Inline) != 0)
        {
            slot.ElementCount = 0;
            byte* to = InlineOf(Tail);
            foreach (ref readonly ScatterGatherEntry element in elements)
            {
                Buffer.MemoryCopy((void*)element.Address, to, element.Length, element.Length);
                to += element.Length;
            }
        }
        else
        {
            slot.ElementCount = entry.ListLength;
            elements.CopyTo(_elements.AsSpan((int)index * MaxElements, MaxElements));
        }

        Tail++;
        return ref slot;
    }

    /// <summary>The oldest has completed: its slot is free.</summary>
    internal void RemoveHead() => Head++;

    internal void Clear() => Head = Tail;
}
