namespace Scatterlist.Vrtd;

/// <summary>How a queue pair addresses the card.</summary>
/// <remarks>Source: vrtd wire specification, section 2.</remarks>
public enum QdmaMode : uint
{
    /// <summary>By device address: the file offset of the queue's descriptor is the device address.</summary>
    MemoryMapped = 0,

    /// <summary>As a stream, without addresses.</summary>
    Streaming = 1,
}
