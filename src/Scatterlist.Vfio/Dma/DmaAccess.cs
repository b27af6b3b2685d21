namespace Scatterlist.Vfio;

/// <summary>What a device may do with memory (VFIO_DMA_MAP_FLAG_* of linux/vfio.h).</summary>
[Flags]
public enum DmaAccess
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The device may read.</summary>
    Read = 1,

    /// <summary>The device may write.</summary>
    Write = 2,

    /// <summary>Both.</summary>
    ReadWrite = Read | Write,
}
