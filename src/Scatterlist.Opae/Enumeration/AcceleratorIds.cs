using System.Buffers.Binary;

namespace Scatterlist.Opae;

/// <summary>The GUIDs of accelerators that this library knows, and how a GUID stands in registers.</summary>
/// <remarks>
/// OPAE's <c>fpga_guid</c> is 16 bytes, the most significant first, which is the order of the text; a <see cref="Guid"/>
/// keeps its first three fields in the machine's order. The conversions here are between numbers, texts and registers,
/// never between raw bytes of the two.
/// </remarks>
public static class AcceleratorIds
{
    /// <summary>The host exerciser in loop-back (HE-LB).</summary>
    public static Guid HostExerciserLoopback { get; } = new("56e203e9-864f-49a7-b94b-12284c31e02b");

    /// <summary>The host exerciser with memory of its own (HE-MEM).</summary>
    public static Guid HostExerciserMemory { get; } = new("8568ab4e-6ba5-4616-bb65-2a578330a8eb");

    /// <summary>The native loop-back adapter (NLB0).</summary>
    public static Guid NativeLoopback { get; } = new("d8424dc4-a4a3-c413-f89e-433683f9040b");

    /// <summary>A short name of a known accelerator, or null.</summary>
    public static string? NameOf(Guid id) => id == HostExerciserLoopback ? "HE-LB"
        : id == HostExerciserMemory ? "HE-MEM"
        : id == NativeLoopback ? "NLB0"
        : null;

    /// <summary>The GUID from its two registers.</summary>
    /// <param name="low">The low half, which an AFU has at offset 8.</param>
    /// <param name="high">The high half, which an AFU has at offset 0x10.</param>
    public static Guid FromRegisters(ulong low, ulong high)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, high);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], low);
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>The two registers of a GUID: the low half (offset 8) and the high half (offset 0x10).</summary>
    public static (ulong Low, ulong High) ToRegisters(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        _ = id.TryWriteBytes(bytes, bigEndian: true, out _);
        return (BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]), BinaryPrimitives.ReadUInt64BigEndian(bytes));
    }
}
