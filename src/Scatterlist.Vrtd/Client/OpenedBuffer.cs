namespace Scatterlist.Vrtd.Client;

/// <summary>What BUFFER_OPEN and BUFFER_OPEN_RAW made.</summary>
internal readonly record struct OpenedBuffer(
    DaemonObject Allocation,
    FileDescriptor Descriptor,
    ulong Size,
    DeviceAddress PhysicalAddress,
    int QueuePairCount);
