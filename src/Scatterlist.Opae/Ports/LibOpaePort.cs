using System.Globalization;
using Scatterlist.Opae.Interop;

namespace Scatterlist.Opae.Ports;

/// <summary>
/// An accelerator that libopae-c has open. What its plugins do not keep of the contract is refused here, before they are
/// asked.
/// </summary>
internal sealed class LibOpaePort : AcceleratorPort
{
    private const nuint SmallPage = 4 << 10;
    private const nuint MiddlePage = 2 << 20;
    private const nuint LargePage = 1 << 30;

    private readonly OpaeDevice _device;
    private readonly ulong[] _lengths;
    private readonly bool _isVfio;
    private readonly Lock _gate = new();
    private readonly HashSet<nint> _shared = [];
    private readonly Dictionary<uint, nint> _events = [];
    private HostBuffer? _zeroPage;

    internal LibOpaePort(OpaeDevice device, FpgaProperties properties, ulong mmioLength)
    {
        _device = device;
        _isVfio = properties.Interface is FpgaInterface.Vfio or FpgaInterface.SimulatedVfio;
        bool hasRegisters = properties.MmioCount is > 0 && device.MapMmio(0) == FpgaResult.Ok;
        _lengths = hasRegisters ? [mmioLength] : [];
        InterruptCount = properties.InterruptCount ?? 0;
        SupportsPreallocated = device.SupportsPreallocated();
    }

    internal override NativeHandle Handle => _device;

    internal override IReadOnlyList<ulong> MmioLengths => _lengths;

    internal override uint InterruptCount { get; }

    /// <summary>The VFIO plugin answers a reset with success and does nothing.</summary>
    internal override bool CanReset => !_isVfio;

    internal override bool SupportsPreallocated { get; }

    internal override bool PrefersMemFd => false;

    /// <summary>The VFIO plugin shares pages of 4 KiB, 2 MiB or multiples of 1 GiB, whatever length it is given.</summary>
    internal override nuint LengthFor(nuint length)
    {
        if (!_isVfio || length > nuint.MaxValue - LargePage)
            return length;
        return length <= SmallPage ? SmallPage
            : length <= MiddlePage ? MiddlePage
            : (length + LargePage - 1) & ~(LargePage - 1);
    }

    internal override uint Read32(uint region, ulong offset)
    {
        using Use use = Enter();
        Check(_device.Read32(region, offset, out uint value), "fpgaReadMMIO32", offset);
        return value;
    }

    internal override ulong Read64(uint region, ulong offset)
    {
        using Use use = Enter();
        Check(_device.Read64(region, offset, out ulong value), "fpgaReadMMIO64", offset);
        return value;
    }

    internal override void Write32(uint region, ulong offset, uint value)
    {
        using Use use = Enter();
        Check(_device.Write32(region, offset, value), "fpgaWriteMMIO32", offset);
    }

    internal override void Write64(uint region, ulong offset, ulong value)
    {
        using Use use = Enter();
        Check(_device.Write64(region, offset, value), "fpgaWriteMMIO64", offset);
    }

    internal override void Write512(uint region, ulong offset, ReadOnlySpan<byte> value)
    {
        using Use use = Enter();
        Check(_device.Write512(region, offset, value), "fpgaWriteMMIO512", offset);
    }

    internal override MmioWindow? TryMapMmio(uint region) => null;

    internal override PortMapping Map(in MemoryToShare memory)
    {
        using Use use = Enter();
        string operation = string.Create(CultureInfo.InvariantCulture, $"fpgaPrepareBuffer({memory.Memory.Length} bytes)");
        Guard(operation, in memory);
        lock (_gate)
        {
            if (!_shared.Add(memory.Memory.Address))
            {
                throw new FpgaException(operation, FpgaResult.NotSupported,
                    detail: "libopae-c keeps one mapping an address: releasing the first would take the second's away",
                    remedy: "Release the buffer that begins at the same address first, or use VFIO without libopae-c.");
            }
        }

        bool isShared = false;
        try
        {
            FpgaResult result = Prepare(in memory, out ulong wsid, out ulong address);
            if (result != FpgaResult.Ok)
                throw Refused(operation, in memory, result);
            try
            {
                var buffer = new OpaeBuffer(this, _device, memory.Memory, memory.Owner, wsid);
                isShared = true;
                return new PortMapping(buffer, new IoAddress(address));
            }
            catch
            {
                _device.Release(wsid);
                throw;
            }
        }
        finally
        {
            if (!isShared)
                Forget(memory.Memory.Address);
        }
    }

    internal override FileDescriptor StartInterrupt(uint vector)
    {
        using Use use = Enter();
        FpgaResult result = _device.Register(vector, out nint events, out int descriptor);
        if (result != FpgaResult.Ok)
            throw new FpgaException($"fpgaRegisterEvent(vector {vector})", result, detail: "libopae-c's answer");
        try
        {
            FileDescriptor copy = FileDescriptor.DuplicateOf(descriptor);
            _events[vector] = events;
            return copy;
        }
        catch
        {
            _device.Unregister(events);
            throw;
        }
    }

    internal override void StopInterrupt(uint vector)
    {
        using Use use = Enter();
        if (_events.Remove(vector, out nint events))
            _device.Unregister(events);
    }

    internal override void Reset()
    {
        using Use use = Enter();
        Check(_device.Reset(), "fpgaReset", 0);
    }

    public override void Dispose()
    {
        _device.Dispose();
        _zeroPage?.Dispose();
    }

    internal void Forget(nint address)
    {
        lock (_gate)
            _shared.Remove(address);
    }

    private static void Check(FpgaResult result, string function, ulong offset)
    {
        if (result != FpgaResult.Ok)
        {
            throw new FpgaException(string.Create(CultureInfo.InvariantCulture, $"{function}(offset 0x{offset:x})"), result,
                detail: "libopae-c's answer");
        }
    }

    private void Guard(string operation, in MemoryToShare memory)
    {
        if (!_isVfio)
            return;
        if (memory.IsReadOnly)
        {
            throw new FpgaException(operation, FpgaResult.NotSupported,
                detail: "libopae-c's VFIO plugin ignores FPGA_BUF_READ_ONLY: the accelerator could write",
                remedy: "Use VFIO without libopae-c (VfioFpgaProvider.FromSystem), which enforces it.");
        }

        if (LengthFor(memory.Memory.Length) != memory.Memory.Length)
        {
            throw new FpgaException(operation, FpgaResult.InvalidParam,
                detail: "libopae-c's VFIO plugin would share more than this: "
                    + $"{LengthFor(memory.Memory.Length)} bytes, the neighbours included",
                remedy: "Share 4 KiB, 2 MiB or a multiple of 1 GiB, or use VFIO without libopae-c.");
        }
    }

    // Its VFIO plugin gives address 0 to the first buffer, which many engines take for "none": a page of ours gets it.
    private FpgaResult Prepare(in MemoryToShare memory, out ulong wsid, out ulong address)
    {
        BufferFlags flags = memory.IsReadOnly ? BufferFlags.ReadOnly : BufferFlags.None;
        FpgaResult result = _device.Prepare(memory.Memory, flags, out wsid, out address);
        if (result != FpgaResult.Ok || address != 0)
            return result;
        result = _device.Release(wsid);
        if (result != FpgaResult.Ok)
            return result;
        lock (_gate)
        {
            if (_zeroPage is null)
            {
                HostBuffer page = HostBuffer.Allocate(SmallPage);
                result = _device.Prepare(new Block(page.Address, SmallPage), BufferFlags.None, out _, out _);
                if (result != FpgaResult.Ok)
                {
                    page.Dispose();
                    return result;
                }

                _zeroPage = page; // released with the device
            }
        }

        result = _device.Prepare(memory.Memory, flags, out wsid, out address);
        if (result != FpgaResult.Ok || address != 0)
            return result;
        _device.Release(wsid);
        return FpgaResult.Exception;
    }

    // The VFIO plugin answers 3 to everything, the DFL plugin 1: what can be seen from here says more.
    private static FpgaException Refused(string operation, in MemoryToShare memory, FpgaResult result)
    {
        if (result is not (FpgaResult.Exception or FpgaResult.InvalidParam))
            return new FpgaException(operation, result, detail: "libopae-c's answer");
        if (MemoryMap.Describe(memory.Memory, memory.IsReadOnly) is { } wrong)
        {
            return new FpgaException(operation, FpgaResult.InvalidParam, Errno.None, wrong,
                "Map the memory before it is shared, and keep it mapped.");
        }

        bool isShort = !LockedMemory.HasCapability() && LockedMemory.Limit() is { } limit && limit < memory.Memory.Length;
        return isShort
            ? new FpgaException(operation, FpgaResult.NoMemory, Errno.None, LockedMemory.Describe(memory.Memory.Length),
                Remedies.LockedMemory(memory.Memory.Length))
            : new FpgaException(operation, result, detail: "libopae-c's answer, which names no cause",
                remedy: "'sudo dmesg | tail' may; VFIO without libopae-c tells causes apart.");
    }

    private Use Enter() => new(_device);

    /// <summary>A call that is under way, which a close waits for.</summary>
    private readonly ref struct Use
    {
        private readonly NativeHandle _handle;

        internal Use(NativeHandle handle)
        {
            ObjectDisposedException.ThrowIf(handle.IsClosed, handle);
            bool held = false;
            handle.DangerousAddRef(ref held);
            _handle = handle;
        }

        public void Dispose() => _handle.DangerousRelease();
    }
}
