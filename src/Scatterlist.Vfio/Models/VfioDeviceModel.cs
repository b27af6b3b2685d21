namespace Scatterlist.Vfio;

/// <summary>
/// A device made of software: its regions, its interrupt lines, its reset, and the client's memory as it may reach it.
/// A vfio-user server serves it to other processes, <see cref="InProcessDevice"/> to this one.
/// </summary>
/// <remarks>
/// Region callbacks may come from several threads at once when the client has several; a model locks its own state.
/// They never come before <see cref="OnAttached"/> or after <see cref="OnDetached"/>. A model has one client at a time.
/// </remarks>
public abstract class VfioDeviceModel : IDisposable
{
    private readonly InterruptLines _lines;
    private int _attached;

    /// <summary>Makes a model.</summary>
    /// <param name="regions">The regions, by index.</param>
    /// <param name="vectors">How many vectors each <see cref="InterruptKind"/> has; those left out have none.</param>
    /// <param name="isPci">Whether the indexes are those of PCI.</param>
    /// <param name="isResetSupported">Whether <see cref="Reset"/> does something.</param>
    /// <exception cref="ArgumentException">A region is out of its place, or a count is out of 0 to 2048.</exception>
    protected VfioDeviceModel(
        IReadOnlyList<VfioRegionInfo> regions, IReadOnlyDictionary<InterruptKind, int> vectors, bool isPci = true,
        bool isResetSupported = true)
    {
        ArgumentNullException.ThrowIfNull(regions);
        ArgumentNullException.ThrowIfNull(vectors);
        for (int i = 0; i < regions.Count; i++)
        {
            if (regions[i].Index != i)
                throw new ArgumentException($"Region {i} has the index {regions[i].Index}.", nameof(regions));
        }

        Regions = regions;
        _lines = new InterruptLines(vectors);
        Info = new VfioDeviceInfo(isPci, isResetSupported, regions.Count, _lines.Kinds.Length);
    }

    /// <summary>The memory that the client has made reachable.</summary>
    public DmaTable Dma { get; } = new();

    /// <summary>What the device is.</summary>
    public VfioDeviceInfo Info { get; }

    /// <summary>The regions, by index.</summary>
    public IReadOnlyList<VfioRegionInfo> Regions { get; }

    /// <summary>The interrupt indexes, by <see cref="InterruptKind"/>.</summary>
    public IReadOnlyList<VfioInterruptInfo> Interrupts => _lines.Kinds;

    /// <summary>Whether a client is attached.</summary>
    public bool IsAttached => Volatile.Read(ref _attached) != 0;

    internal InterruptLines Lines => _lines;

    /// <summary>
    /// Fires a vector. It signals the client's descriptor; a masked vector is remembered and fires when it is unmasked.
    /// Allocates nothing.
    /// </summary>
    /// <returns>Whether the client has a descriptor on the vector.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The device has no such vector.</exception>
    public bool RaiseInterrupt(InterruptKind kind, int vector) => _lines.Raise(kind, vector);

    /// <summary>Frees what the model has.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// Reads a region. The range lies in the region and the region can be read; lengths of 1, 2, 4 and 8 are register
    /// accesses of that width, others are bulk.
    /// </summary>
    /// <returns>None, or the error that the client gets.</returns>
    protected internal abstract Errno ReadRegion(int region, ulong offset, Span<byte> destination);

    /// <summary>Writes a region; see <see cref="ReadRegion"/>.</summary>
    /// <returns>None, or the error that the client gets.</returns>
    protected internal abstract Errno WriteRegion(int region, ulong offset, ReadOnlySpan<byte> source);

    /// <summary>Puts the device into its first state. Mappings and interrupt descriptors stay.</summary>
    /// <returns>None, or the error that the client gets.</returns>
    protected internal virtual Errno Reset() => Errno.EINVAL;

    /// <summary>
    /// The memory behind the mappable areas of a region, which must be sealed against shrinking; null when the region
    /// cannot be mapped. It stays the model's.
    /// </summary>
    /// <param name="region">The region.</param>
    /// <param name="offset">Where the region starts in the memory, in bytes.</param>
    protected internal virtual FileDescriptor? GetRegionMemory(int region, out ulong offset)
    {
        offset = 0;
        return null;
    }

    /// <summary>A client has come.</summary>
    protected internal virtual void OnAttached()
    {
    }

    /// <summary>
    /// The client is going: the device stops what it does for it. Its memory is still there during the call, and gone
    /// after it. The device's state stays for the next client.
    /// </summary>
    protected internal virtual void OnDetached()
    {
    }

    /// <summary>Frees what the model has.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
            _lines.Clear();
    }

    /// <summary>Makes somebody the model's client; false when it has one.</summary>
    internal bool TryAttach()
    {
        if (Interlocked.CompareExchange(ref _attached, 1, 0) != 0)
            return false;
        try
        {
            OnAttached();
            return true;
        }
        catch
        {
            Volatile.Write(ref _attached, 0);
            throw;
        }
    }

    internal void Detach()
    {
        try
        {
            OnDetached();
        }
        finally
        {
            _lines.Clear();
            Dma.UnmapAll();
            Volatile.Write(ref _attached, 0);
        }
    }
}
