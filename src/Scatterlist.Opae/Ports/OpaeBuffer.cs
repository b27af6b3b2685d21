using Scatterlist.Opae.Interop;

namespace Scatterlist.Opae.Ports;

/// <summary>
/// Memory that libopae-c has shared. It alone knows the library's own number of it, so that a number that is not live
/// never gets there.
/// </summary>
internal sealed class OpaeBuffer : NativeHandle
{
    private readonly LibOpaePort _port;
    private readonly OpaeDevice _device;
    private readonly ulong _wsid;
    private readonly NativeHandle? _owner;

    internal OpaeBuffer(LibOpaePort port, OpaeDevice device, Block memory, NativeHandle? owner, ulong wsid)
        : base(memory.Address, device)
    {
        _port = port;
        _device = device;
        _wsid = wsid;
        bool held = false;
        owner?.DangerousAddRef(ref held);
        _owner = owner;
    }

    protected override bool ReleaseNative()
    {
        FpgaResult result = _device.Release(_wsid);
        _port.Forget(handle);
        if (result == FpgaResult.Ok)
            _owner?.DangerousRelease(); // otherwise the device may still reach it: the memory is kept for ever
        return result == FpgaResult.Ok;
    }
}
