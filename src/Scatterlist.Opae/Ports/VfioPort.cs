using System.Buffers.Binary;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Scatterlist.HostFd;
using Scatterlist.Vfio;

namespace Scatterlist.Opae.Ports;

/// <summary>
/// An accelerator whose registers are BAR 0 of a VFIO device. They are mapped where the transport can, and are otherwise
/// read and written by its calls.
/// </summary>
internal sealed class VfioPort : AcceleratorPort
{
    private const ulong CommandRegister = 4;
    private const ushort MemoryAndBusMaster = 2 | 4;

    private readonly IVfioDevice _device;
    private readonly VfioPortOptions _options;
    private readonly MmioWindow? _window;
    private readonly ulong[] _lengths;
    private readonly InterruptKind _kind;
    private readonly bool _isWholeArray;
    private readonly FileDescriptor?[] _signals;

    /// <summary>Takes over a device, which is disposed with the port and when this throws.</summary>
    internal VfioPort(IVfioDevice device, VfioPortOptions options)
    {
        _device = device;
        _options = options;
        try
        {
            VfioRegionInfo bar = device.Regions[PciRegion.Bar0];
            _lengths = bar.Size == 0 ? [] : [bar.Size];
            VfioInterruptInfo interrupts = ChooseInterrupts(device);
            _kind = interrupts.Kind;
            _signals = new FileDescriptor?[interrupts.Count];
            _isWholeArray = interrupts.Flags.HasFlag(InterruptFlags.NoResize);
            EnableDevice();
            if (bar.Size != 0 && bar.Size <= nuint.MaxValue && bar.CanMap(0, bar.Size))
                _window = device.MapRegion(PciRegion.Bar0, 0, (nuint)bar.Size);
        }
        catch (Exception exception)
        {
            device.Dispose();
            if (exception is ScatterlistException problem and not FpgaException)
                throw Failures.Opening(device.Name, problem);
            throw;
        }
    }

    internal override NativeHandle Handle => _device.Handle;

    internal override IReadOnlyList<ulong> MmioLengths => _lengths;

    internal override uint InterruptCount => (uint)_signals.Length;

    internal override bool CanReset => _device.Info.IsResetSupported;

    internal override bool PrefersMemFd => _options.PrefersMemFd;

    internal IVfioDevice Device => _device;

    internal override uint Read32(uint region, ulong offset)
    {
        if (_window is { } window)
            return window.Read32((nuint)offset);
        Span<byte> value = stackalloc byte[sizeof(uint)];
        Check(_device.ReadRegion((int)region, offset, value), "Read32", offset);
        return BinaryPrimitives.ReadUInt32LittleEndian(value);
    }

    internal override ulong Read64(uint region, ulong offset)
    {
        if (_window is { } window)
            return window.Read64((nuint)offset);
        Span<byte> value = stackalloc byte[sizeof(ulong)];
        Check(_device.ReadRegion((int)region, offset, value), "Read64", offset);
        return BinaryPrimitives.ReadUInt64LittleEndian(value);
    }

    internal override void Write32(uint region, ulong offset, uint value)
    {
        if (_window is { } window)
        {
            window.Write32((nuint)offset, value);
            return;
        }

        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        Check(_device.WriteRegion((int)region, offset, bytes), "Write32", offset);
    }

    internal override void Write64(uint region, ulong offset, ulong value)
    {
        if (_window is { } window)
        {
            window.Write64((nuint)offset, value);
            return;
        }

        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        Check(_device.WriteRegion((int)region, offset, bytes), "Write64", offset);
    }

    internal override void Write512(uint region, ulong offset, ReadOnlySpan<byte> value)
    {
        if (_window is null)
        {
            Check(_device.WriteRegion((int)region, offset, value), "Write512", offset);
            return;
        }

        if (!Avx512F.IsSupported)
        {
            throw new FpgaException($"Write512(offset {offset})", FpgaResult.NotSupported,
                detail: "this processor has no AVX-512, and no other store of 64 bytes is one access");
        }

        _window.Write512((nuint)offset, Vector512.Create(value));
    }

    internal override MmioWindow? TryMapMmio(uint region) => _window?.Slice(0, _window.Length);

    internal override PortMapping Map(in MemoryToShare memory)
    {
        var request = new DmaMapRequest
        {
            Memory = memory.Memory,
            Owner = memory.Owner,
            Descriptor = memory.File,
            DescriptorOffset = memory.FileOffset,
            Access = memory.IsReadOnly ? DmaAccess.Read : DmaAccess.ReadWrite,
            HighestIoAddress = _options.HighestIoAddress,
        };
        try
        {
            DmaMapping mapping = _device.MapDma(in request);
            return new PortMapping(mapping, mapping.IoAddress);
        }
        catch (VfioException exception)
        {
            throw Failures.Mapping(_device, in memory, exception);
        }
    }

    internal override FileDescriptor StartInterrupt(uint vector)
    {
        FileDescriptor signal = EventDescriptor.Create();
        try
        {
            SetInterrupt(vector, signal);
            return signal;
        }
        catch
        {
            signal.Dispose();
            throw;
        }
    }

    internal override void StopInterrupt(uint vector) => SetInterrupt(vector, null);

    internal override void Rearm(uint vector)
    {
        if (_kind != InterruptKind.Intx)
            return;
        try
        {
            _device.UnmaskInterrupt(_kind, (int)vector);
        }
        catch (VfioException exception)
        {
            throw new FpgaException(
                $"Rearm(vector {vector})", Failures.ResultOf(exception.Errno), exception.Errno, innerException: exception);
        }
    }

    internal override void Reset()
    {
        try
        {
            _device.Reset();
            EnableDevice(); // a reset may have switched it off
        }
        catch (VfioException exception)
        {
            throw new FpgaException("Reset()", Failures.ResultOf(exception.Errno, FpgaResult.Exception),
                exception.Errno, remedy: exception.Remedy, innerException: exception);
        }
    }

    internal override IEnumerable<FpgaFinding> Diagnose()
    {
        byte[] command = new byte[2];
        if (_device.Info.IsPci && _device.ReadRegion(PciRegion.Config, CommandRegister, command) == Errno.None)
        {
            bool isOn = (BinaryPrimitives.ReadUInt16LittleEndian(command) & MemoryAndBusMaster) == MemoryAndBusMaster;
            yield return isOn
                ? new FpgaFinding("bus master", FpgaFindingStatus.Ok, "on")
                : new FpgaFinding("bus master", FpgaFindingStatus.Broken,
                    "off: the device reaches no memory (bits 1 and 2 of its command register)", "Open the device again.");
        }
        else
        {
            yield return new FpgaFinding(
                "device", FpgaFindingStatus.Broken, "its config space cannot be read", "Open it again.");
        }

        if (_device.AvailableMappings is { } left)
        {
            yield return left > 0
                ? new FpgaFinding("mappings", FpgaFindingStatus.Ok, $"{left} more allowed")
                : new FpgaFinding("mappings", FpgaFindingStatus.Limited, "no more allowed",
                    "Cut buffers from a pool (CreatePool), or raise dma_entry_limit of vfio_iommu_type1.");
        }

        yield return new FpgaFinding(
            "addresses", FpgaFindingStatus.Ok, string.Join(", ", _device.IoAddressRanges));
    }

    public override void Dispose()
    {
        _window?.Dispose();
        _device.Dispose();
    }

    private static VfioInterruptInfo ChooseInterrupts(IVfioDevice device)
    {
        foreach (InterruptKind kind in (ReadOnlySpan<InterruptKind>)
            [InterruptKind.MsiX, InterruptKind.Msi, InterruptKind.Intx])
        {
            if ((int)kind < device.Interrupts.Count && device.Interrupts[(int)kind] is { Count: > 0 } found
                && found.Flags.HasFlag(InterruptFlags.EventFd))
            {
                return found;
            }
        }

        return new VfioInterruptInfo(InterruptKind.Intx, 0, InterruptFlags.None);
    }

    private void SetInterrupt(uint vector, FileDescriptor? signal)
    {
        try
        {
            lock (_signals)
                SetUnderLock(vector, signal);
        }
        catch (VfioException exception)
        {
            throw new FpgaException($"SetInterrupt({_kind} vector {vector})", Failures.ResultOf(exception.Errno),
                exception.Errno, exception.Operation, exception.Remedy, exception);
        }
    }

    // Where vectors cannot be added one by one, the first registration sets all of them up, most with nobody to tell.
    private void SetUnderLock(uint vector, FileDescriptor? signal)
    {
        bool isFirst = Array.TrueForAll(_signals, one => one is null);
        FileDescriptor? before = _signals[vector];
        _signals[vector] = signal;
        try
        {
            if (signal is null && Array.TrueForAll(_signals, one => one is null))
                _device.DisableInterrupts(_kind);
            else if (isFirst && _isWholeArray)
                _device.SetInterrupts(_kind, 0, _signals);
            else
                _device.SetInterrupts(_kind, (int)vector, _signals.AsSpan((int)vector, 1));
        }
        catch
        {
            _signals[vector] = signal is null ? null : before;
            throw;
        }
    }

    // The device answers at its BARs and may read and write memory: bits 1 and 2 of the PCI command register.
    private void EnableDevice()
    {
        if (!_device.Info.IsPci || _device.Regions.Count <= PciRegion.Config
            || _device.Regions[PciRegion.Config].Size < CommandRegister + 2)
        {
            return;
        }

        Span<byte> command = stackalloc byte[2];
        Errno errno = _device.ReadRegion(PciRegion.Config, CommandRegister, command);
        if (errno == Errno.None)
        {
            ushort value = BinaryPrimitives.ReadUInt16LittleEndian(command);
            BinaryPrimitives.WriteUInt16LittleEndian(command, (ushort)(value | MemoryAndBusMaster));
            errno = _device.WriteRegion(PciRegion.Config, CommandRegister, command);
        }

        if (errno != Errno.None)
        {
            throw new FpgaException($"Open({_device.Name})", FpgaResult.Exception, errno,
                "the device cannot be enabled in its config space");
        }
    }

    private void Check(Errno errno, string operation, ulong offset)
    {
        if (errno != Errno.None)
            throw Failures.Access(_device.Name, operation, offset, errno);
    }
}
