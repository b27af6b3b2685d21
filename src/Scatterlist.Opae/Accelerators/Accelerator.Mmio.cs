namespace Scatterlist.Opae;

public sealed partial class Accelerator
{
    private const int WideWidth = 64;

    /// <summary>Regions of registers: numbers below this exist.</summary>
    public int MmioCount => Port.MmioLengths.Count;

    /// <summary>Bytes of a region of registers.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such region.</exception>
    public ulong GetMmioLength(int region)
    {
        CheckRegion(region);
        return Port.MmioLengths[region];
    }

    /// <summary>Maps a region's registers into the process, where the device is reached by real mappings.</summary>
    /// <param name="region">The region, from 0.</param>
    /// <returns>The window, which keeps the accelerator open until it is disposed.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such region.</exception>
    /// <exception cref="FpgaException">
    /// <see cref="FpgaResult.NotSupported"/> where accesses are calls or messages: use the reads and writes here.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The accelerator is closed.</exception>
    public MmioWindow MapMmio(int region)
    {
        using Use use = Enter();
        CheckRegion(region);
        return Port.TryMapMmio((uint)region) ?? throw new FpgaException(
            $"MapMmio({region})", FpgaResult.NotSupported,
            detail: "this device's registers are reached by calls, not by a mapping",
            remedy: "Use Read32, Read64, Write32 and Write64, which work with every device.");
    }

    /// <summary>Reads a 32-bit register.</summary>
    /// <inheritdoc cref="Read64(int, ulong)"/>
    public uint Read32(int region, ulong offset)
    {
        using Use use = Enter();
        Check(region, offset, sizeof(uint));
        return Port.Read32((uint)region, offset);
    }

    /// <summary>Reads a 64-bit register.</summary>
    /// <param name="region">The region, from 0.</param>
    /// <param name="offset">Bytes from the region's start, a multiple of the width.</param>
    /// <exception cref="ArgumentException">The offset is not a multiple of the width.</exception>
    /// <exception cref="ArgumentOutOfRangeException">No such region, or the access reaches outside of it.</exception>
    /// <exception cref="FpgaException">The device is lost.</exception>
    /// <exception cref="ObjectDisposedException">The accelerator is closed.</exception>
    public ulong Read64(int region, ulong offset)
    {
        using Use use = Enter();
        Check(region, offset, sizeof(ulong));
        return Port.Read64((uint)region, offset);
    }

    /// <summary>Writes a 32-bit register.</summary>
    /// <inheritdoc cref="Write64(int, ulong, ulong)"/>
    public void Write32(int region, ulong offset, uint value)
    {
        using Use use = Enter();
        Check(region, offset, sizeof(uint));
        Port.Write32((uint)region, offset, value);
    }

    /// <summary>Writes a 64-bit register.</summary>
    /// <param name="region">The region, from 0.</param>
    /// <param name="offset">Bytes from the region's start, a multiple of the width.</param>
    /// <param name="value">What to write.</param>
    /// <exception cref="ArgumentException">The offset is not a multiple of the width.</exception>
    /// <exception cref="ArgumentOutOfRangeException">No such region, or the access reaches outside of it.</exception>
    /// <exception cref="FpgaException">The device is lost.</exception>
    /// <exception cref="ObjectDisposedException">The accelerator is closed.</exception>
    public void Write64(int region, ulong offset, ulong value)
    {
        using Use use = Enter();
        Check(region, offset, sizeof(ulong));
        Port.Write64((uint)region, offset, value);
    }

    /// <summary>Writes 64 bytes, in one store where processor and device can (AVX-512).</summary>
    /// <param name="region">The region, from 0.</param>
    /// <param name="offset">Bytes from the region's start, a multiple of 64.</param>
    /// <param name="value">64 bytes.</param>
    /// <exception cref="ArgumentException">The offset is not a multiple of 64, or there are not 64 bytes.</exception>
    /// <exception cref="ArgumentOutOfRangeException">No such region, or the access reaches outside of it.</exception>
    /// <exception cref="FpgaException">
    /// <see cref="FpgaResult.NotSupported"/>: mapped registers need a processor with AVX-512 for a store of this width.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The accelerator is closed.</exception>
    public void Write512(int region, ulong offset, ReadOnlySpan<byte> value)
    {
        using Use use = Enter();
        if (value.Length != WideWidth)
            throw new ArgumentException($"A write of 512 bits takes {WideWidth} bytes.", nameof(value));
        Check(region, offset, WideWidth);
        Port.Write512((uint)region, offset, value);
    }

    private void CheckRegion(int region)
    {
        if ((uint)region >= (uint)Port.MmioLengths.Count)
        {
            throw new ArgumentOutOfRangeException(
                nameof(region), $"Region {region} is not there: the accelerator has {Port.MmioLengths.Count}.");
        }
    }

    private void Check(int region, ulong offset, uint width)
    {
        CheckRegion(region);
        if ((offset & (width - 1)) != 0)
            throw new ArgumentException($"Offset {Hex(offset)} is not a multiple of the access width, {width} bytes.");
        ulong length = Port.MmioLengths[region];
        if (offset > length || width > length - offset)
        {
            throw new ArgumentOutOfRangeException(
                nameof(offset), $"Offset {Hex(offset)} and {width} bytes reach outside of region {region}, {length} bytes.");
        }
    }
}
