using System.Buffers.Binary;

namespace Scatterlist.Vfio.Tests;

/// <summary>
/// A PCI card for tests: BAR 0 has registers that start copies, BAR 2 is memory that clients may map in part.
/// </summary>
internal sealed class TestCard : PciDeviceModel
{
    internal const int Registers = 0x1000;
    internal const int Scratch = 0x00;
    internal const int Source = 0x08;
    internal const int Destination = 0x10;
    internal const int Length = 0x18;
    internal const int Start = 0x20; // 1: on the caller's thread, 2: on another thread
    internal const int Status = 0x28; // all ones while it runs, else the errno
    internal const int Vector = 0x30;
    internal const int Explode = 0x38;
    internal const int Memory = 64 * 1024;

    private readonly byte[] _registers = new byte[Registers];
    private readonly HostBuffer _memory;
    private readonly bool _ownsMemory;

    internal TestCard(HostBuffer? memory = null, int msixVectors = 8, bool isExpress = true)
        : base(new PciDeviceDescription
        {
            VendorId = 0x1234,
            DeviceId = 0x5678,
            SubsystemVendorId = 0xabcd,
            SubsystemId = 0xef01,
            RevisionId = 7,
            ClassCode = 0x120001,
            HasIntx = true,
            MsiVectors = 4,
            MsiXVectors = msixVectors,
            IsExpress = isExpress,
            Bars =
            [
                new PciBar(0, Registers),
                new PciBar(2, Memory)
                {
                    Is64Bit = true,
                    IsPrefetchable = true,
                    MappableAreas = [new RegionArea(0, 8192), new RegionArea(16384, Memory - 16384)],
                },
            ],
        })
    {
        _ownsMemory = memory is null;
        _memory = memory ?? HostBuffer.Allocate(Memory, new HostBufferOptions { IsShareable = true });
    }

    internal int Attached { get; private set; }

    internal int Detached { get; private set; }

    internal int Resets { get; private set; }

    internal Action? OnWrite { get; set; }

    internal ulong this[int register]
    {
        get => BinaryPrimitives.ReadUInt64LittleEndian(_registers.AsSpan(register));
        set => BinaryPrimitives.WriteUInt64LittleEndian(_registers.AsSpan(register), value);
    }

    protected override Errno ReadBar(int bar, ulong offset, Span<byte> destination)
    {
        if (bar == 0)
            _registers.AsSpan((int)offset, destination.Length).CopyTo(destination);
        else
            _memory.AsSpan((nuint)offset, destination.Length).CopyTo(destination);
        return Errno.None;
    }

    protected override Errno WriteBar(int bar, ulong offset, ReadOnlySpan<byte> source)
    {
        if (bar != 0)
        {
            source.CopyTo(_memory.AsSpan((nuint)offset, source.Length));
            return Errno.None;
        }

        source.CopyTo(_registers.AsSpan((int)offset));
        OnWrite?.Invoke();
        if (offset == Explode)
            throw new InvalidOperationException("a bug of the model");
        if (offset == Start && this[Start] == 1)
        {
            Copy();
        }
        else if (offset == Start && this[Start] == 2)
        {
            this[Status] = ulong.MaxValue;
            new Thread(Copy) { IsBackground = true }.Start();
        }

        return Errno.None;
    }

    protected override Errno ResetDevice()
    {
        Array.Clear(_registers);
        Resets++;
        return Errno.None;
    }

    protected internal override FileDescriptor? GetRegionMemory(int region, out ulong offset)
    {
        offset = 0;
        return region == 2 ? _memory.Descriptor : null;
    }

    protected internal override void OnAttached() => Attached++;

    protected internal override void OnDetached() => Detached++;

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (_ownsMemory)
            _memory.Dispose();
    }

    private void Copy()
    {
        Errno errno = Dma.Copy(new IoAddress(this[Destination]), new IoAddress(this[Source]), this[Length]);
        this[Status] = (ulong)errno;
        RaiseInterrupt(InterruptKind.MsiX, (int)this[Vector]);
    }
}
