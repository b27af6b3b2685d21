using System.Runtime.InteropServices;

namespace Scatterlist.Vfio;

/// <summary>The numbers of vfio-user messages, and how numbers are read and written: in the host's byte order.</summary>
internal static class UserWire
{
    internal const int HeaderBytes = 16;
    internal const int AccessBytes = 16; // offset, region and count; address and count
    internal const int MapBytes = 32;
    internal const int UnmapBytes = 24;
    internal const int InfoBytes = 16;
    internal const int RegionInfoBytes = 32;
    internal const int IrqInfoBytes = 16;
    internal const int SetIrqsBytes = 20;
    internal const int SparseHeaderBytes = 16;
    internal const int MaxTransferBytes = 1 << 20;
    internal const int MaxMessageBytes = HeaderBytes + AccessBytes + MaxTransferBytes;
    internal const int MaxDescriptors = 8;

    internal const uint TypeMask = 0xf;
    internal const uint Command = 0;
    internal const uint Reply = 1;
    internal const uint NoReply = 0x10;
    internal const uint Error = 0x20;

    internal const uint MapAccessMask = 3;
    internal const uint MapKnownFlags = 0xf; // and two hints of libvfio-user's: mmap, file I/O
    internal const uint UnmapAll = 2;
    internal const uint InfoReset = 1;
    internal const uint InfoPci = 2;
    internal const uint RegionAccessMask = 7;
    internal const uint RegionHasCapabilities = 8;
    internal const ushort CapabilitySparseMap = 1;
    internal const uint IrqDataNone = 1;
    internal const uint IrqDataBool = 2;
    internal const uint IrqDataEvent = 4;
    internal const uint IrqDataMask = 7;
    internal const uint IrqMask = 8;
    internal const uint IrqUnmask = 0x10;
    internal const uint IrqTrigger = 0x20;
    internal const uint IrqActionMask = 0x38;

    internal static ushort Get16(ReadOnlySpan<byte> bytes, int offset) => MemoryMarshal.Read<ushort>(bytes[offset..]);

    internal static uint Get32(ReadOnlySpan<byte> bytes, int offset) => MemoryMarshal.Read<uint>(bytes[offset..]);

    internal static ulong Get64(ReadOnlySpan<byte> bytes, int offset) => MemoryMarshal.Read<ulong>(bytes[offset..]);

    internal static void Put16(Span<byte> bytes, int offset, ushort value) =>
        MemoryMarshal.Write(bytes[offset..], in value);

    internal static void Put32(Span<byte> bytes, int offset, uint value) =>
        MemoryMarshal.Write(bytes[offset..], in value);

    internal static void Put64(Span<byte> bytes, int offset, ulong value) =>
        MemoryMarshal.Write(bytes[offset..], in value);
}
