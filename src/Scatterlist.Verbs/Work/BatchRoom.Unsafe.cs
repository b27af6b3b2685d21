using System.Runtime.InteropServices;
using Scatterlist.Verbs.Interop;

namespace Scatterlist.Verbs;

/// <summary>
/// A batch's memory: entries grow from its start, their elements and inline bytes from its end. Places are kept as
/// offsets, since the memory may be an array that moves until the post.
/// </summary>
internal unsafe ref struct BatchRoom(Span<BatchSlot> slots, int entrySize)
{
    private readonly Span<byte> _bytes = MemoryMarshal.AsBytes(slots);
    private int _tail = slots.Length * sizeof(BatchSlot);

    internal int Count { get; private set; }

    internal readonly Span<byte> Bytes => _bytes;

    /// <summary>Room for an entry and <paramref name="extra"/> bytes at the end, where it puts their offset. False: there
    /// is none.</summary>
    internal readonly bool TryFind(int extra, out int offset)
    {
        offset = (_tail - extra) & ~7;
        return extra >= 0 && extra <= _tail && (Count + 1) * entrySize <= offset;
    }

    /// <summary>Takes what <see cref="TryFind"/> found.</summary>
    internal void Take(int offset)
    {
        _tail = offset;
        Count++;
    }

    internal void Clear()
    {
        Count = 0;
        _tail = _bytes.Length;
    }

    /// <summary>Fills an entry's elements in at the end.</summary>
    internal readonly Errno Fill(
        in PartList parts, ProtectionDomain domain, out int offset, out int written, out ulong total)
    {
        written = 0;
        total = 0;
        if (!TryFind(parts.Count * sizeof(ScatterGatherEntry), out offset))
            return Errno.ENOBUFS;
        fixed (byte* bytes = _bytes)
            return parts.Fill(domain, (ScatterGatherEntry*)(bytes + offset), out written, out total);
    }
}
