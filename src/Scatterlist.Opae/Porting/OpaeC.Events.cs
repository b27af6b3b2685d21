namespace Scatterlist.Opae;

public static partial class OpaeC
{
    /// <summary>Makes an empty event handle: <c>fpgaCreateEventHandle</c>.</summary>
    public static FpgaResult FpgaCreateEventHandle(out FpgaEventHandle? eventHandle)
    {
        eventHandle = new FpgaEventHandle();
        return FpgaResult.Ok;
    }

    /// <summary>Unregisters and gives up an event handle: <c>fpgaDestroyEventHandle</c>.</summary>
    /// <returns>InvalidParam for null and for one that is destroyed already.</returns>
    public static FpgaResult FpgaDestroyEventHandle(ref FpgaEventHandle? eventHandle)
    {
        FpgaEventHandle? handle = eventHandle;
        if (handle is null)
            return FpgaResult.InvalidParam;
        lock (handle)
        {
            if (handle.IsDestroyed)
                return FpgaResult.InvalidParam;
            handle.IsDestroyed = true;
            handle.Event?.Dispose();
            handle.Event = null;
        }

        eventHandle = null;
        return FpgaResult.Ok;
    }

    /// <summary>Registers for an event: <c>fpgaRegisterEvent</c>.</summary>
    /// <param name="handle">The accelerator.</param>
    /// <param name="eventType">What is to be told of.</param>
    /// <param name="eventHandle">An event handle that is not registered yet.</param>
    /// <param name="flags">For interrupts, the vector.</param>
    public static FpgaResult FpgaRegisterEvent(
        Accelerator? handle, FpgaEventType eventType, FpgaEventHandle? eventHandle, uint flags)
    {
        if (handle is null || handle.IsDisposed || eventHandle is null)
            return FpgaResult.InvalidParam;
        lock (eventHandle)
        {
            if (eventHandle.IsDestroyed || eventHandle.Event is not null)
                return FpgaResult.InvalidParam;
            return Call(handle, flags, (h, vector) =>
            {
                eventHandle.Event = h.RegisterEvent(eventType, vector);
                eventHandle.Owner = h;
            });
        }
    }

    /// <summary>Unregisters: <c>fpgaUnregisterEvent</c>.</summary>
    /// <returns>InvalidParam for an event handle that is not registered for this, with this accelerator.</returns>
    public static FpgaResult FpgaUnregisterEvent(
        Accelerator? handle, FpgaEventType eventType, FpgaEventHandle? eventHandle)
    {
        if (handle is null || eventHandle is null)
            return FpgaResult.InvalidParam;
        lock (eventHandle)
        {
            if (eventHandle.Event is null || eventHandle.Event.Type != eventType || eventHandle.Owner != handle)
                return FpgaResult.InvalidParam;
            eventHandle.Event.Dispose();
            eventHandle.Event = null;
            return FpgaResult.Ok;
        }
    }

    /// <summary>The event's descriptor, for poll(2): <c>fpgaGetOSObjectFromEventHandle</c>.</summary>
    /// <param name="eventHandle">An event handle that is registered.</param>
    /// <param name="descriptor">Its eventfd, which stays the event's; -1 when it fails.</param>
    public static FpgaResult FpgaGetOSObjectFromEventHandle(FpgaEventHandle? eventHandle, out int descriptor)
    {
        descriptor = -1;
        if (eventHandle is null)
            return FpgaResult.InvalidParam;
        lock (eventHandle)
        {
            if (eventHandle.Event is null || eventHandle.Event.IsDisposed)
                return FpgaResult.InvalidParam;
            descriptor = eventHandle.Event.Descriptor.Value;
            return FpgaResult.Ok;
        }
    }
}
