namespace Scatterlist.Opae.Ports;

/// <summary>What a transport and a device want.</summary>
/// <param name="PrefersMemFd">Whether the library's own memory is best a memfd: the device is another process.</param>
/// <param name="HighestIoAddress">The highest address that the device can put on the bus; null for no limit.</param>
internal readonly record struct VfioPortOptions(bool PrefersMemFd, IoAddress? HighestIoAddress);
