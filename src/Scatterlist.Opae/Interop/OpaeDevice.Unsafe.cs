namespace Scatterlist.Opae.Interop;

/// <summary>An accelerator that libopae-c has open. Closed once nobody uses it any more.</summary>
internal sealed unsafe class OpaeDevice : NativeHandle
{
    private readonly OpaeLibrary _library;

    internal OpaeDevice(OpaeLibrary library, nint opened)
        : base(opened, parent: null)
    {
        _library = library;
    }

    internal FpgaResult Reset() => (FpgaResult)_library.Reset(handle);

    internal FpgaResult MapMmio(uint region) => (FpgaResult)_library.MapMmio(handle, region, null);

    internal FpgaResult Read32(uint region, ulong offset, out uint value)
    {
        uint read = 0;
        var result = (FpgaResult)_library.Read32(handle, region, offset, &read);
        value = read;
        return result;
    }

    internal FpgaResult Read64(uint region, ulong offset, out ulong value)
    {
        ulong read = 0;
        var result = (FpgaResult)_library.Read64(handle, region, offset, &read);
        value = read;
        return result;
    }

    internal FpgaResult Write32(uint region, ulong offset, uint value) =>
        (FpgaResult)_library.Write32(handle, region, offset, value);

    internal FpgaResult Write64(uint region, ulong offset, ulong value) =>
        (FpgaResult)_library.Write64(handle, region, offset, value);

    internal FpgaResult Write512(uint region, ulong offset, ReadOnlySpan<byte> value)
    {
        fixed (byte* bytes = value)
            return (FpgaResult)_library.Write512(handle, region, offset, bytes);
    }

    /// <summary>The question of buffer.h: no memory and no bytes.</summary>
    internal bool SupportsPreallocated()
    {
        ulong wsid;
        return _library.PrepareBuffer(handle, 0, null, &wsid, (int)BufferFlags.Preallocated) == 0;
    }

    internal FpgaResult Prepare(Block memory, BufferFlags flags, out ulong wsid, out ulong ioAddress)
    {
        void* place = (void*)memory.Address;
        ulong number = 0, address = 0;
        var result = (FpgaResult)_library.PrepareBuffer(
            handle, memory.Length, &place, &number, (int)(flags | BufferFlags.Preallocated));
        if (result == FpgaResult.Ok)
        {
            result = (FpgaResult)_library.GetIOAddress(handle, number, &address);
            if (result != FpgaResult.Ok)
                _library.ReleaseBuffer(handle, number);
        }

        wsid = number;
        ioAddress = address;
        return result;
    }

    internal FpgaResult Release(ulong wsid) => (FpgaResult)_library.ReleaseBuffer(handle, wsid);

    /// <summary>Registers for an interrupt; the descriptor is the library's own.</summary>
    internal FpgaResult Register(uint vector, out nint eventHandle, out int descriptor)
    {
        nint events = 0;
        int fd = -1;
        eventHandle = 0;
        descriptor = -1;
        var result = (FpgaResult)_library.CreateEventHandle(&events);
        if (result != FpgaResult.Ok)
            return result;
        result = (FpgaResult)_library.RegisterEvent(handle, (int)FpgaEventType.Interrupt, events, vector);
        if (result == FpgaResult.Ok)
        {
            result = (FpgaResult)_library.GetOSObject(events, &fd);
            if (result != FpgaResult.Ok)
                _library.UnregisterEvent(handle, (int)FpgaEventType.Interrupt, events);
        }

        if (result != FpgaResult.Ok)
        {
            _library.DestroyEventHandle(&events);
            return result;
        }

        eventHandle = events;
        descriptor = fd;
        return FpgaResult.Ok;
    }

    internal void Unregister(nint eventHandle)
    {
        _library.UnregisterEvent(handle, (int)FpgaEventType.Interrupt, eventHandle);
        _library.DestroyEventHandle(&eventHandle);
    }

    protected override bool ReleaseNative() => _library.Close(handle) == 0;
}
