namespace Scatterlist.Vrtd.Emulator;

/// <summary>
/// Which connection owns which 64 MiB of a card: vrtd's allocator, its rounding and its oddities included
/// (vrtd wire specification §6). Not thread-safe: the device's lock guards it.
/// </summary>
internal sealed class SubregionMap
{
    internal const ulong Granule = 64UL << 20;
    internal const int GranulesPerRegion = 8;
    internal const ulong RegionSize = Granule * GranulesPerRegion;
    internal const int Regions = 64;
    internal const ulong HbmBase = 0x40_0000_0000;
    internal const ulong DdrBase = 0x600_0000_0000;

    /// <summary>One past the last byte that the card can address: the end of DDR.</summary>
    internal const ulong EndOfMemory = DdrBase + (Regions * RegionSize);

    /// <summary>No owner. Connections count from 1.</summary>
    private const ulong Nobody = 0;

    private readonly ulong[] _hbm = new ulong[Regions * GranulesPerRegion];
    private readonly ulong[] _ddr = new ulong[Regions * GranulesPerRegion];

    /// <summary>Bytes that have an owner.</summary>
    internal ulong AllocatedBytes { get; private set; }

    /// <summary>Takes memory for a connection: first fit, inside one region, in whole granules.</summary>
    internal VrtdReturnCode Allocate(
        ulong owner, BufferAllocType type, ulong argument, ulong size, out ulong address, out ulong allocated)
    {
        address = 0;
        allocated = 0;
        if (owner == Nobody || size == 0 || type > BufferAllocType.HbmVnoc)
            return VrtdReturnCode.InvalidArgument;
        if (type == BufferAllocType.Hbm && argument >= Regions)
            return VrtdReturnCode.InvalidArgument;

        // As in the daemon, the rounding wraps: the last 64 MiB of sizes become no granule at all, which no region has.
        ulong granules = unchecked(size + (Granule - 1)) / Granule;
        if (granules > GranulesPerRegion)
            return VrtdReturnCode.InvalidArgument;
        if (granules == 0)
            return VrtdReturnCode.Busy;

        bool isDdr = type == BufferAllocType.Ddr;
        ulong[] owners = isDdr ? _ddr : _hbm;
        int first = type == BufferAllocType.Hbm ? (int)argument : 0;
        int last = type == BufferAllocType.Hbm ? first : Regions - 1;
        for (int region = first; region <= last; region++)
        {
            int slot = FindRun(owners.AsSpan(region * GranulesPerRegion, GranulesPerRegion), (int)granules);
            if (slot < 0)
                continue;
            int index = (region * GranulesPerRegion) + slot;
            owners.AsSpan(index, (int)granules).Fill(owner);
            address = (isDdr ? DdrBase : HbmBase) + ((ulong)index * Granule);
            allocated = granules * Granule;
            AllocatedBytes += allocated;
            return VrtdReturnCode.Ok;
        }

        return VrtdReturnCode.Busy;
    }

    /// <summary>Gives memory back. Every granule is checked before the first is freed.</summary>
    internal VrtdReturnCode Free(ulong owner, ulong address, ulong size)
    {
        if (owner == Nobody || size == 0 || size % Granule != 0 || size > RegionSize)
            return VrtdReturnCode.InvalidArgument;
        if (!TryLocate(address, out ulong[] owners, out int index))
            return VrtdReturnCode.InvalidArgument;
        int granules = (int)(size / Granule);
        if ((index % GranulesPerRegion) + granules > GranulesPerRegion)
            return VrtdReturnCode.InvalidArgument;

        Span<ulong> run = owners.AsSpan(index, granules);
        if (run.ContainsAnyExcept(owner))
            return VrtdReturnCode.AuthError;
        run.Clear();
        AllocatedBytes -= size;
        return VrtdReturnCode.Ok;
    }

    /// <summary>The owner of the granule at an address, 0 for nobody and for addresses outside of memory.</summary>
    internal ulong OwnerOf(ulong address) =>
        TryLocate(address - (address % Granule), out ulong[] owners, out int index) ? owners[index] : Nobody;


    private bool TryLocate(ulong address, out ulong[] owners, out int index)
    {
        bool isDdr = address is >= DdrBase and < EndOfMemory;
        bool isHbm = address is >= HbmBase and < HbmBase + (Regions * RegionSize);
        owners = isDdr ? _ddr : _hbm;
        index = 0;
        if ((!isDdr && !isHbm) || address % Granule != 0)
            return false;
        index = (int)((address - (isDdr ? DdrBase : HbmBase)) / Granule);
        return true;
    }

    private static int FindRun(ReadOnlySpan<ulong> region, int length)
    {
        for (int start = 0; start + length <= region.Length; start++)
        {
            int taken = region.Slice(start, length).LastIndexOfAnyExcept(Nobody);
            if (taken < 0)
                return start;
            start += taken;
        }

        return -1;
    }
}
