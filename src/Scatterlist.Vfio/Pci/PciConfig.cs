using System.Buffers.Binary;

namespace Scatterlist.Vfio;

/// <summary>The config space of a device, by register, whichever way the device is reached.</summary>
public static class PciConfig
{
    private const ulong Command = 0x04;
    private const ushort MemoryAndBusMaster = 0x0006;

    /// <summary>Reads 16 bits of the config space.</summary>
    /// <exception cref="VfioException">The device refused.</exception>
    public static ushort Read16(IVfioDevice device, ulong offset)
    {
        ArgumentNullException.ThrowIfNull(device);
        Span<byte> bytes = stackalloc byte[2];
        Throw(device.ReadRegion(PciRegion.Config, offset, bytes), device, "read", offset);
        return BinaryPrimitives.ReadUInt16LittleEndian(bytes);
    }

    /// <summary>Reads 32 bits of the config space.</summary>
    /// <exception cref="VfioException">The device refused.</exception>
    public static uint Read32(IVfioDevice device, ulong offset)
    {
        ArgumentNullException.ThrowIfNull(device);
        Span<byte> bytes = stackalloc byte[4];
        Throw(device.ReadRegion(PciRegion.Config, offset, bytes), device, "read", offset);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    /// <summary>Writes 16 bits of the config space.</summary>
    /// <exception cref="VfioException">The device refused.</exception>
    public static void Write16(IVfioDevice device, ulong offset, ushort value)
    {
        ArgumentNullException.ThrowIfNull(device);
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, value);
        Throw(device.WriteRegion(PciRegion.Config, offset, bytes), device, "write", offset);
    }

    /// <summary>Writes 32 bits of the config space.</summary>
    /// <exception cref="VfioException">The device refused.</exception>
    public static void Write32(IVfioDevice device, ulong offset, uint value)
    {
        ArgumentNullException.ThrowIfNull(device);
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        Throw(device.WriteRegion(PciRegion.Config, offset, bytes), device, "write", offset);
    }

    /// <summary>
    /// Lets the device answer at its BARs and reach memory (bits 1 and 2 of the command register): without the second,
    /// no DMA ever completes.
    /// </summary>
    /// <exception cref="VfioException">The device refused.</exception>
    public static void Enable(IVfioDevice device) =>
        Write16(device, Command, (ushort)(Read16(device, Command) | MemoryAndBusMaster));

    /// <summary>Finds a capability in the device's list.</summary>
    /// <returns>Where it is in the config space, or null when the device does not have it.</returns>
    /// <exception cref="VfioException">The device refused.</exception>
    public static byte? FindCapability(IVfioDevice device, byte id)
    {
        if ((Read16(device, 0x06) & 0x10) == 0)
            return null;
        var at = (byte)(Read16(device, 0x34) & 0xfc);
        for (int steps = 0; at >= 0x40 && steps < 48; steps++)
        {
            ushort header = Read16(device, at);
            if ((byte)header == id)
                return at;
            at = (byte)((header >> 8) & 0xfc);
        }

        return null;
    }

    private static void Throw(Errno errno, IVfioDevice device, string what, ulong offset)
    {
        if (errno != Errno.None)
            throw new VfioException($"{what} config register 0x{offset:x} of {device.Name}", errno);
    }
}
