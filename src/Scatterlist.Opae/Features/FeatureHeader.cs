using System.Globalization;

namespace Scatterlist.Opae;

/// <summary>
/// A device feature header (DFH): the 64-bit register at the start of every feature in an FPGA's registers, which names
/// the feature and leads to the next.
/// </summary>
/// <param name="Value">The register.</param>
/// <remarks>
/// Bits: 0-11 the feature's id, 12-15 its revision, 16-39 bytes to the next header, 40 set in the last, 52-59 the
/// header's version, 60-63 the type. Source: the Device Feature List specification of OFS.
/// </remarks>
public readonly record struct FeatureHeader(ulong Value)
{
    private const ulong EndOfListBit = 1ul << 40;

    /// <summary>Bytes of a header with its GUID: the first three registers.</summary>
    internal const uint Size = 0x18;

    /// <summary>What the feature is.</summary>
    public FeatureType Type => (FeatureType)(Value >> 60);

    /// <summary>The header's version, 0 or 1.</summary>
    public byte Version => (byte)(Value >> 52);

    /// <summary>Whether no header follows.</summary>
    public bool IsLast => (Value & EndOfListBit) != 0;

    /// <summary>Bytes from this header to the next; 0 in the last.</summary>
    public uint NextOffset => (uint)(Value >> 16) & 0xffffff;

    /// <summary>The feature's revision.</summary>
    public byte Revision => (byte)((Value >> 12) & 0xf);

    /// <summary>The feature's id among those of its type.</summary>
    public ushort Id => (ushort)(Value & 0xfff);

    /// <summary>Puts a header together.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A part does not fit into its bits.</exception>
    public static FeatureHeader Create(
        FeatureType type, ushort id = 0, byte revision = 0, uint nextOffset = 0, bool isLast = true, byte version = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)type, 15u, nameof(type));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(id, (ushort)0xfff);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(revision, (byte)0xf);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(nextOffset, 0xffffffu);
        return new FeatureHeader(((ulong)type << 60) | ((ulong)version << 52) | (isLast ? EndOfListBit : 0)
            | ((ulong)nextOffset << 16) | ((ulong)revision << 12) | id);
    }

    /// <summary>For people: <c>Accelerator id 0x0 rev 1, last</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Type} id 0x{Id:x} rev {Revision}, {(IsLast ? "last" : $"next at +0x{NextOffset:x}")}");
}
