namespace Scatterlist.Opae.Ports;

/// <summary>Memory that a device reaches until the handle is disposed.</summary>
/// <param name="Handle">
/// Holds the device and the memory's owner. Its release returns when the device can reach nothing of it any more.
/// </param>
/// <param name="IoAddress">Where the device sees the first byte; never 0.</param>
internal readonly record struct PortMapping(NativeHandle Handle, IoAddress IoAddress);
