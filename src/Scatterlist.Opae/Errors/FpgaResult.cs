namespace Scatterlist.Opae;

/// <summary>OPAE's result codes, with OPAE's own numbers (<c>fpga_result</c>).</summary>
/// <remarks>Source: <c>opae/types_enum.h</c>.</remarks>
public enum FpgaResult
{
    /// <summary>The operation was carried out.</summary>
    Ok = 0,

    /// <summary>An argument, or the combination of several, is not allowed.</summary>
    InvalidParam = 1,

    /// <summary>The resource is in use, by this process or another.</summary>
    Busy = 2,

    /// <summary>The device or its driver failed in a way that no other code describes.</summary>
    Exception = 3,

    /// <summary>What was asked for does not exist.</summary>
    NotFound = 4,

    /// <summary>No memory: huge pages, the limit on locked memory and the limit on mappings included.</summary>
    NoMemory = 5,

    /// <summary>The device or its driver cannot do this.</summary>
    NotSupported = 6,

    /// <summary>No driver serves the device, or there is no IOMMU.</summary>
    NoDriver = 7,

    /// <summary>The daemon that the operation needs does not run.</summary>
    NoDaemon = 8,

    /// <summary>The caller lacks the privileges.</summary>
    NoAccess = 9,

    /// <summary>Reconfiguring the device failed.</summary>
    ReconfigurationError = 10,
}
