namespace Scatterlist.Vfio;

/// <summary>What may be done with a region (VFIO_REGION_INFO_FLAG_* of linux/vfio.h).</summary>
[Flags]
public enum RegionFlags
{
    /// <summary>Nothing: the device has no such region.</summary>
    None = 0,

    /// <summary>It can be read.</summary>
    Read = 1,

    /// <summary>It can be written.</summary>
    Write = 2,

    /// <summary>Its mappable areas, or all of it where it lists none, can be mapped.</summary>
    Map = 4,
}
