namespace Scatterlist.Opae.Ports;

/// <summary>Memory that a device is to reach.</summary>
/// <param name="Memory">Whole pages.</param>
/// <param name="Owner">What keeps the pages mapped; null when the caller does.</param>
/// <param name="File">The memfd behind it, or null.</param>
/// <param name="FileOffset">Where the memory starts in the memfd.</param>
/// <param name="IsReadOnly">Whether the device may only read.</param>
/// <param name="PageSize">Bytes in one of its pages, to whose multiples the device's address is aligned.</param>
internal readonly record struct MemoryToShare(
    Block Memory, NativeHandle? Owner, FileDescriptor? File, ulong FileOffset, bool IsReadOnly, nuint PageSize);
