namespace Scatterlist;

/// <summary>The size of the pages that back a <see cref="HostBuffer"/>.</summary>
public enum PageSize
{
    /// <summary>The system's base pages: 4 KiB on x86-64, 4, 16 or 64 KiB on arm64.</summary>
    Base = 0,

    /// <summary>Huge pages of 2 MiB, from the pool in /sys/kernel/mm/hugepages.</summary>
    Huge2MiB = 21,

    /// <summary>Huge pages of 1 GiB, from the pool in /sys/kernel/mm/hugepages.</summary>
    Huge1GiB = 30,
}
