using Scatterlist.Verbs.Interop;
using Scatterlist.Verbs.SoftRoce.Objects;

namespace Scatterlist.Verbs.SoftRoce.Transport;

/// <summary>
/// The elements of a work request, seen as one row of bytes. Every use resolves the keys anew: a region may be
/// deregistered between two packets of one message.
/// </summary>
internal readonly unsafe ref struct LocalElements(
    RegionTable regions, SoftDomain domain, ReadOnlySpan<ScatterGatherEntry> elements)
{
    private readonly RegionTable _regions = regions;
    private readonly SoftDomain _domain = domain;
    private readonly ReadOnlySpan<ScatterGatherEntry> _elements = elements;

    /// <summary>Bytes of all of them.</summary>
    internal static ulong LengthOf(ReadOnlySpan<ScatterGatherEntry> elements)
    {
        ulong length = 0;
        foreach (ref readonly ScatterGatherEntry element in elements)
            length += element.Length;
        return length;
    }

    /// <summary>Whether every key covers its element. An element without a byte needs no key.</summary>
    internal bool AreCovered(AccessFlags rights)
    {
        foreach (ref readonly ScatterGatherEntry element in _elements)
        {
            if (element.Length != 0 && Resolve(element, rights) == null)
                return false;
        }

        return true;
    }

    /// <summary>The blocks of a part.</summary>
    /// <param name="offset">The first byte of the part.</param>
    /// <param name="length">Bytes, no more than there are.</param>
    /// <param name="blocks">Room for a block per element.</param>
    /// <returns>How many blocks; -1 when a key does not cover its element.</returns>
    internal int Gather(uint offset, uint length, Span<Block> blocks)
    {
        int count = 0;
        foreach (ref readonly ScatterGatherEntry element in _elements)
        {
            if (length == 0)
                break;
            if (offset >= element.Length)
            {
                offset -= element.Length;
                continue;
            }

            byte* start = Resolve(element, AccessFlags.None);
            if (start == null)
                return -1;
            uint taken = Math.Min(length, element.Length - offset);
            blocks[count++] = new Block((nint)(start + offset), taken);
            length -= taken;
            offset = 0;
        }

        return count;
    }

    /// <summary>Writes bytes into a part.</summary>
    /// <param name="offset">Where the part starts.</param>
    /// <param name="source">The bytes.</param>
    /// <param name="length">How many; no more than there is room for.</param>
    /// <returns>False when a key does not cover its element, or not for writing.</returns>
    internal bool TryScatter(uint offset, byte* source, uint length)
    {
        foreach (ref readonly ScatterGatherEntry element in _elements)
        {
            if (length == 0)
                break;
            if (offset >= element.Length)
            {
                offset -= element.Length;
                continue;
            }

            byte* start = Resolve(element, AccessFlags.LocalWrite);
            if (start == null)
                return false;
            uint taken = Math.Min(length, element.Length - offset);
            OrderedCopy.Copy(start + offset, source, taken);
            source += taken;
            length -= taken;
            offset = 0;
        }

        return true;
    }

    private byte* Resolve(in ScatterGatherEntry element, AccessFlags rights) =>
        _regions.TryLocal(element.LocalKey, _domain, element.Address, element.Length, rights);
}
