using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Scatterlist.Verbs.Interop;

namespace Scatterlist.Verbs;

/// <summary>The elements of a work request: one by value, or a caller's span of them.</summary>
internal unsafe ref struct PartList
{
    private readonly ReadOnlySpan<RegionPart> _many;
    private RegionPart _one;
    private bool _isOne; // and not the part's region, which an element by default lacks

    // Both kinds of element hold a part and nothing else.
    internal PartList(ReadOnlySpan<GatherElement> elements) => _many = MemoryMarshal.CreateReadOnlySpan(
        ref Unsafe.As<GatherElement, RegionPart>(ref MemoryMarshal.GetReference(elements)), elements.Length);

    internal PartList(ReadOnlySpan<ScatterElement> elements) => _many = MemoryMarshal.CreateReadOnlySpan(
        ref Unsafe.As<ScatterElement, RegionPart>(ref MemoryMarshal.GetReference(elements)), elements.Length);

    /// <summary>
    /// Makes it a list of one. In place, as a list that is made elsewhere is copied by loads that are wider than the
    /// stores just before, and wait for them.
    /// </summary>
    internal void Hold(GatherElement element) => Hold(element.Region, element.Offset, element.Length);

    /// <inheritdoc cref="Hold(GatherElement)"/>
    internal void Hold(ScatterElement element) => Hold(element.Region, element.Offset, element.Length);

    /// <summary>The most entries that <see cref="Fill"/> writes.</summary>
    internal readonly int Count => _isOne ? 1 : _many.Length;

    /// <summary>Writes the entries of a request, without empty parts.</summary>
    /// <param name="domain">The domain that the parts have to be of.</param>
    /// <param name="entries">Room for <see cref="Count"/> entries.</param>
    /// <param name="written">Entries that were written.</param>
    /// <param name="total">Bytes in all.</param>
    /// <returns>None; EFAULT for a part of a disposed region, of another domain, or of none.</returns>
    internal readonly Errno Fill(ProtectionDomain domain, ScatterGatherEntry* entries, out int written, out ulong total)
    {
        written = 0;
        total = 0;
        if (_isOne)
            return FillOne(_one, domain, entries, ref written, ref total);
        foreach (ref readonly RegionPart part in _many)
        {
            Errno errno = FillOne(part, domain, entries, ref written, ref total);
            if (errno != Errno.None)
                return errno;
        }

        return Errno.None;
    }

    /// <summary>
    /// Writes the entry of a request of one part that the processor can read and that is not empty nor longer than some
    /// bytes, as <see cref="Fill"/> would. False for every other request, also for one that is wrong.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly bool TryFillSmall(ProtectionDomain domain, uint bytes, ScatterGatherEntry* entry)
    {
        int written = 0;
        ulong total = 0;
        return _one.Length - 1 < bytes && FillOne(_one, domain, entry, ref written, ref total) == Errno.None
            && _one.Region!.HostAddress != 0;
    }

    /// <summary>For people: the first element that <see cref="Fill"/> refuses, and why; null when it refuses none.
    /// </summary>
    internal readonly string? Explain(ProtectionDomain domain)
    {
        for (int i = 0; i < Count; i++)
        {
            MemoryRegion? region = Part(i).Region;
            if (region is null)
                return $"element {i} is the default value: cut elements from a region";
            if (region.IsDisposed)
                return $"the region of element {i} is disposed";
            if (!ReferenceEquals(region.Domain, domain))
                return $"the region of element {i} is of another domain";
        }

        return null;
    }

    /// <summary>
    /// Takes references on the regions and turns the entries' addresses into the processor's, from which inline data are
    /// read during the post. Only after <see cref="Fill"/>. Without success nothing is held.
    /// </summary>
    internal readonly Errno HoldForInline(ScatterGatherEntry* entries)
    {
        int written = 0;
        for (int i = 0; i < Count; i++)
        {
            RegionPart part = Part(i);
            if (part.Length == 0)
                continue;
            MemoryRegion region = part.Region!;
            if (region.HostAddress == 0 || !Providers.ProviderHold.TryHold(region.Provider))
            {
                ReleaseInline(i);
                return Errno.EFAULT;
            }

            entries[written++].Address = (ulong)region.HostAddress + part.Offset;
        }

        return Errno.None;
    }

    /// <summary>Whether the processor can read all of the parts.</summary>
    internal readonly bool AreAddressable()
    {
        for (int i = 0; i < Count; i++)
        {
            if (Part(i).Region!.HostAddress == 0)
                return false;
        }

        return true;
    }

    internal readonly void ReleaseInline() => ReleaseInline(Count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Errno FillOne(
        in RegionPart part, ProtectionDomain domain, ScatterGatherEntry* entries, ref int written, ref ulong total)
    {
        MemoryRegion? region = part.Region;
        if (region is null || region.IsDisposed || !ReferenceEquals(region.Domain, domain))
            return Errno.EFAULT;
        if (part.Length == 0)
            return Errno.None; // some devices take 0 for 2 GiB
        ScatterGatherEntry* entry = entries + written++;
        entry->Address = region.Address + part.Offset;
        entry->Length = part.Length;
        entry->LocalKey = region.LocalKey.Value;
        total += part.Length;
        return Errno.None;
    }

    private readonly void ReleaseInline(int parts)
    {
        for (int i = 0; i < parts; i++)
        {
            RegionPart part = Part(i);
            if (part.Length != 0)
                part.Region!.Provider.DangerousRelease();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Hold(MemoryRegion? region, nuint offset, uint length)
    {
        _one = new RegionPart(region!, offset, length);
        _isOne = true;
    }

    private readonly RegionPart Part(int index) => _isOne ? _one : _many[index];
}
