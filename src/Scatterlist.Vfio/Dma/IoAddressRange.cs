namespace Scatterlist.Vfio;

/// <summary>Addresses that a device can be given, both ends included, as the kernel lists them.</summary>
/// <param name="First">The lowest address.</param>
/// <param name="Last">The highest address.</param>
public readonly record struct IoAddressRange(IoAddress First, IoAddress Last)
{
    /// <summary>Whether all of <paramref name="length"/> bytes at <paramref name="address"/> are in the range.</summary>
    public bool Contains(IoAddress address, ulong length) =>
        length != 0 && address >= First && address <= Last && length - 1 <= Last.Value - address.Value;

    /// <summary>For people: <c>[0x1000, 0xfedfffff]</c>.</summary>
    public override string ToString() => $"[{First}, {Last}]";
}
