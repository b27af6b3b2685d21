namespace Scatterlist.Vrtd;

/// <summary>Which ways a buffer's queue pair can move bytes.</summary>
/// <remarks>Source: vrtd wire specification, section 2.</remarks>
public enum BufferAllocDirection : uint
{
    /// <summary>Host to device and device to host.</summary>
    Bidirectional = 0,

    /// <summary>Host to device only.</summary>
    HostToDevice = 1,

    /// <summary>Device to host only.</summary>
    DeviceToHost = 2,
}
