namespace Scatterlist.Vfio;

/// <summary>
/// A PCI device made of software: config space with BAR sizing, PCI Express, MSI and MSI-X capabilities; the MSI-X
/// table; function-level reset. A derived class adds what is behind the BARs.
/// </summary>
public abstract class PciDeviceModel : VfioDeviceModel
{
    private const int TableEntryBytes = 16;

    private readonly Lock _tableLock = new();
    private readonly byte[] _msixTable;
    private readonly int _msixBar;

    /// <summary>Makes a device.</summary>
    /// <exception cref="ArgumentException">The description is not one of a PCI device.</exception>
    protected PciDeviceModel(PciDeviceDescription description)
        : base(RegionsOf(description), VectorsOf(description))
    {
        Description = description;
        Config = new PciConfigSpace(description, BarsOf(description), PendingOffset(description));
        _msixBar = description.MsiXVectors != 0 ? description.MsiXBar : -1;
        _msixTable = new byte[description.MsiXVectors * TableEntryBytes];
        ResetTable();
    }

    /// <summary>What the device says about itself.</summary>
    public PciDeviceDescription Description { get; }

    /// <summary>The config space.</summary>
    public PciConfigSpace Config { get; }

    /// <summary>Reads a BAR; see <see cref="VfioDeviceModel.ReadRegion"/>.</summary>
    /// <param name="bar">Its index.</param>
    /// <param name="offset">Bytes from its start.</param>
    /// <param name="destination">Where to; it lies in the BAR.</param>
    /// <returns>None, or the error that the client gets.</returns>
    protected abstract Errno ReadBar(int bar, ulong offset, Span<byte> destination);

    /// <summary>Writes a BAR; see <see cref="VfioDeviceModel.WriteRegion"/>.</summary>
    /// <param name="bar">Its index.</param>
    /// <param name="offset">Bytes from its start.</param>
    /// <param name="source">What; it lies in the BAR.</param>
    /// <returns>None, or the error that the client gets.</returns>
    protected abstract Errno WriteBar(int bar, ulong offset, ReadOnlySpan<byte> source);

    /// <summary>Puts what is behind the BARs into its first state.</summary>
    /// <returns>None, or the error that the client gets.</returns>
    protected virtual Errno ResetDevice() => Errno.None;

    /// <inheritdoc/>
    protected internal sealed override Errno ReadRegion(int region, ulong offset, Span<byte> destination)
    {
        if (region == PciRegion.Config)
            Config.Read(offset, destination);
        else if (region == _msixBar)
            ReadTable(offset, destination);
        else
            return ReadBar(region, offset, destination);
        return Errno.None;
    }

    /// <inheritdoc/>
    protected internal sealed override Errno WriteRegion(int region, ulong offset, ReadOnlySpan<byte> source)
    {
        if (region == PciRegion.Config)
            return Config.Write(offset, source) ? Reset() : Errno.None;
        if (region != _msixBar)
            return WriteBar(region, offset, source);
        WriteTable(offset, source);
        return Errno.None;
    }

    /// <inheritdoc/>
    protected internal sealed override Errno Reset()
    {
        // First what is behind the BARs: an engine at work would take the loss of its bus mastering for a fault.
        Errno errno = ResetDevice();
        Config.Reset();
        ResetTable();
        return errno;
    }

    private static int PendingOffset(PciDeviceDescription description) =>
        ((description.MsiXVectors * TableEntryBytes) + 4095) & ~4095;

    private static PciBar[] BarsOf(PciDeviceDescription description)
    {
        if (description.MsiXVectors == 0)
            return [.. description.Bars];
        // A page for the pending bits: one bit a vector, 2048 at most.
        ulong size = System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)PendingOffset(description) + 4096);
        return [.. description.Bars, new PciBar(description.MsiXBar, size)];
    }

    private static VfioRegionInfo[] RegionsOf(PciDeviceDescription description)
    {
        ArgumentNullException.ThrowIfNull(description);
        if (description.ClassCode >> 24 != 0 || description.MsiXVectors is < 0 or > 2048 || description.MsiVectors > 32)
            throw new ArgumentException("Class codes have 24 bits; MSI-X has 2048 vectors, MSI 32.", nameof(description));
        var regions = new VfioRegionInfo[PciRegion.Count];
        for (int i = 0; i < regions.Length; i++)
            regions[i] = new VfioRegionInfo(i, 0, RegionFlags.None);
        var taken = new bool[PciRegion.Bar5 + 1];
        foreach (PciBar bar in BarsOf(description))
        {
            int end = bar.Index + (bar.Is64Bit ? 1 : 0);
            if (bar.Index < 0 || end > PciRegion.Bar5 || taken[bar.Index] || taken[end])
                throw new ArgumentException($"BAR {bar.Index} is out of place.", nameof(description));
            if (bar.Size < 16 || !ulong.IsPow2(bar.Size) || (!bar.Is64Bit && bar.Size > 1ul << 31))
                throw new ArgumentException($"BAR {bar.Index} cannot have {bar.Size} bytes.", nameof(description));
            taken[bar.Index] = taken[end] = true;
            RegionFlags map = bar.MappableAreas.Count != 0 ? RegionFlags.Map : RegionFlags.None;
            regions[bar.Index] = new VfioRegionInfo(bar.Index, bar.Size, RegionFlags.Read | RegionFlags.Write | map)
            {
                MappableAreas = bar.MappableAreas,
            };
        }

        regions[PciRegion.Config] = new VfioRegionInfo(
            PciRegion.Config, description.IsExpress ? 4096u : 256u, RegionFlags.Read | RegionFlags.Write);
        return regions;
    }

    private static Dictionary<InterruptKind, int> VectorsOf(PciDeviceDescription description) => new()
    {
        [InterruptKind.Intx] = description.HasIntx ? 1 : 0,
        [InterruptKind.Msi] = description.MsiVectors,
        [InterruptKind.MsiX] = description.MsiXVectors,
        [InterruptKind.Error] = description.IsExpress ? 1 : 0,
        [InterruptKind.Request] = 1,
    };

    // The client programs its own interrupt controller's numbers into the table; who serves a guest keeps them there.
    // We only remember them: vectors are signalled through descriptors. Pending bits read as 0.
    private void ReadTable(ulong offset, Span<byte> destination)
    {
        destination.Clear();
        if (offset >= (ulong)_msixTable.Length)
            return;
        lock (_tableLock)
        {
            ReadOnlySpan<byte> rest = _msixTable.AsSpan((int)offset);
            rest[..Math.Min(rest.Length, destination.Length)].CopyTo(destination);
        }
    }

    private void WriteTable(ulong offset, ReadOnlySpan<byte> source)
    {
        if (offset >= (ulong)_msixTable.Length)
            return;
        lock (_tableLock)
        {
            Span<byte> rest = _msixTable.AsSpan((int)offset);
            source[..Math.Min(rest.Length, source.Length)].CopyTo(rest);
        }
    }

    private void ResetTable()
    {
        lock (_tableLock)
        {
            Array.Clear(_msixTable);
            for (int i = 12; i < _msixTable.Length; i += TableEntryBytes)
                _msixTable[i] = 1; // masked
        }
    }
}
