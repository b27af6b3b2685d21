using System.Buffers.Binary;
using System.Numerics;

namespace Scatterlist.Vfio;

/// <summary>
/// The config space of a modelled device: bytes, and a mask of the bits that a client may change. Sizing a BAR (write
/// all ones, read back) needs nothing more than the mask. Thread-safe.
/// </summary>
public sealed class PciConfigSpace
{
    private const int CommandRegister = 0x04;
    private const int FirstCapability = 0x40;
    private const uint FunctionLevelReset = 1u << 28;

    private readonly Lock _lock = new();
    private readonly byte[] _first;
    private readonly byte[] _bytes;
    private readonly byte[] _writable;
    private int _next = FirstCapability;
    private int _link = 0x34;
    private int _deviceControl = -1;

    internal PciConfigSpace(PciDeviceDescription description, IReadOnlyList<PciBar> bars, int pendingOffset)
    {
        _bytes = new byte[description.IsExpress ? 4096 : 256];
        _writable = new byte[_bytes.Length];
        Put16(0x00, description.VendorId);
        Put16(0x02, description.DeviceId);
        Put16(CommandRegister, 0, writable: 0x0547);
        Put32(0x08, (description.ClassCode << 8) | description.RevisionId);
        _writable[0x0c] = 0xff; // cache line size
        Put16(0x2c, description.SubsystemVendorId);
        Put16(0x2e, description.SubsystemId);
        _writable[0x3c] = 0xff; // interrupt line
        _bytes[0x3d] = description.HasIntx ? (byte)1 : (byte)0;
        foreach (PciBar bar in bars)
            PutBar(bar);
        if (description.IsExpress)
            AddExpress();
        if (description.MsiVectors != 0)
            AddMsi(description.MsiVectors);
        if (description.MsiXVectors != 0)
            AddMsiX(description.MsiXVectors, description.MsiXBar, pendingOffset);
        if (_link != 0x34)
            Put16(0x06, 0x0010); // status: there is a list of capabilities
        _first = [.. _bytes];
    }

    /// <summary>Bytes in the space: 256, or 4096 for PCI Express.</summary>
    public int Size => _bytes.Length;

    /// <summary>Whether the client lets the device read and write memory (bus master, bit 2 of the command).</summary>
    public bool IsBusMaster => (Get16(CommandRegister) & 4) != 0;

    /// <summary>Whether the client lets the device answer at its memory BARs (bit 1 of the command).</summary>
    public bool IsMemoryEnabled => (Get16(CommandRegister) & 2) != 0;

    internal void Read(ulong offset, Span<byte> destination)
    {
        lock (_lock)
            _bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);
    }

    /// <summary>Writes what may be written.</summary>
    /// <returns>Whether the client asked for a function-level reset.</returns>
    internal bool Write(ulong offset, ReadOnlySpan<byte> source)
    {
        lock (_lock)
        {
            for (int i = 0; i < source.Length; i++)
            {
                int at = (int)offset + i;
                _bytes[at] = (byte)((_bytes[at] & ~_writable[at]) | (source[i] & _writable[at]));
            }

            // "Initiate function level reset" is bit 15 of the device control register; it always reads as 0.
            int high = _deviceControl + 1 - (int)offset;
            return _deviceControl >= 0 && high >= 0 && high < source.Length && (source[high] & 0x80) != 0;
        }
    }

    internal void Reset()
    {
        lock (_lock)
            _first.CopyTo(_bytes, 0);
    }

    private ushort Get16(int at)
    {
        lock (_lock)
            return BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(at));
    }

    private void PutBar(PciBar bar)
    {
        int at = 0x10 + (bar.Index * 4);
        uint flags = (bar.Is64Bit ? 4u : 0) | (bar.IsPrefetchable ? 8u : 0);
        ulong mask = ~(bar.Size - 1);
        Put32(at, flags, writable: (uint)mask & ~0xfu);
        if (bar.Is64Bit)
            Put32(at + 4, 0, writable: (uint)(mask >> 32));
    }

    private int AddCapability(byte id, int length)
    {
        int at = _next;
        _bytes[_link] = (byte)at;
        _link = at + 1;
        _bytes[at] = id;
        _next = (at + length + 3) & ~3;
        return at;
    }

    private void AddExpress()
    {
        int at = AddCapability(0x10, 0x3c);
        Put16(at + 2, 0x0002); // version 2, an endpoint
        Put32(at + 4, FunctionLevelReset | 0x8000); // role-based error reporting, which PCIe 1.1 asks for
        _deviceControl = at + 8;
        Put16(_deviceControl, 0x2810, writable: 0x7fff);
        Put32(at + 0x0c, 0x11); // link: one lane of 2.5 GT/s, and it is up
        Put16(at + 0x12, 0x11);
        Put16(at + 0x10, 0, writable: 0x00c3);
    }

    private void AddMsi(int vectors)
    {
        int at = AddCapability(0x05, 14);
        Put16(at + 2, (ushort)(0x80 | (BitOperations.Log2((uint)vectors) << 1)), writable: 0x71);
        Put32(at + 4, 0, writable: 0xfffffffc);
        Put32(at + 8, 0, writable: 0xffffffff);
        Put16(at + 12, 0, writable: 0xffff);
    }

    private void AddMsiX(int vectors, int bar, int pendingOffset)
    {
        int at = AddCapability(0x11, 12);
        Put16(at + 2, (ushort)(vectors - 1), writable: 0xc000);
        Put32(at + 4, (uint)bar);
        Put32(at + 8, (uint)(pendingOffset | bar));
    }

    private void Put16(int at, ushort value, ushort writable = 0)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(at), value);
        BinaryPrimitives.WriteUInt16LittleEndian(_writable.AsSpan(at), writable);
    }

    private void Put32(int at, uint value, uint writable = 0)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(at), value);
        BinaryPrimitives.WriteUInt32LittleEndian(_writable.AsSpan(at), writable);
    }
}
