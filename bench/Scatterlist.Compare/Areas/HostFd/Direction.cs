namespace Scatterlist.Compare.Areas.HostFd;

/// <summary>Which way the bytes go.</summary>
internal enum Direction
{
    /// <summary>From the file into memory.</summary>
    Read,

    /// <summary>From memory into the file.</summary>
    Write,
}
