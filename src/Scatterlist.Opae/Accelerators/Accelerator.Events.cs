namespace Scatterlist.Opae;

public sealed partial class Accelerator
{
    /// <summary>Registers for an event.</summary>
    /// <param name="type">What is to be told of; accelerators over VFIO have interrupts only.</param>
    /// <param name="vector">The interrupt vector, below <see cref="InterruptCount"/>.</param>
    /// <returns>The event, which the caller owns.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such type or vector.</exception>
    /// <exception cref="FpgaException">
    /// <see cref="FpgaResult.NotSupported"/>: the accelerator has no such events; <see cref="FpgaResult.Busy"/>: the
    /// vector is registered already.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The accelerator is closed.</exception>
    public AcceleratorEvent RegisterEvent(FpgaEventType type = FpgaEventType.Interrupt, uint vector = 0)
    {
        using Use use = Enter();
        string operation = $"RegisterEvent({type}, vector {vector})";
        if (!Enum.IsDefined(type))
            throw new ArgumentOutOfRangeException(nameof(type), type, "There is no such event type.");
        if (type != FpgaEventType.Interrupt)
        {
            throw new FpgaException(operation, FpgaResult.NotSupported,
                detail: "errors, power and temperature are events of the FPGA's management, which this object is not");
        }

        if (Port.InterruptCount == 0)
            throw new FpgaException(operation, FpgaResult.NotSupported, detail: "the accelerator has no interrupts");
        if (vector >= Port.InterruptCount)
        {
            throw new ArgumentOutOfRangeException(
                nameof(vector), vector, $"The accelerator has {Port.InterruptCount} vectors.");
        }

        lock (_eventGate)
        {
            if (_events.ContainsKey(vector))
                throw new FpgaException(operation, FpgaResult.Busy, detail: "the vector is registered already");
            FileDescriptor signal = Port.StartInterrupt(vector);
            var registered = new AcceleratorEvent(this, type, vector, signal);
            _events.Add(vector, registered);
            return registered;
        }
    }

    internal void Rearm(uint vector)
    {
        if (!_isDisposed)
            Port.Rearm(vector);
    }

    internal void Unregister(AcceleratorEvent registered)
    {
        bool held = false;
        try
        {
            Port.Handle.DangerousAddRef(ref held);
            lock (_eventGate)
            {
                if (_events.Remove(registered.Vector))
                    Port.StopInterrupt(registered.Vector);
            }
        }
        catch (Exception problem) when (problem is FpgaException or ObjectDisposedException)
        {
            // A device that is gone signals nothing any more.
        }
        finally
        {
            if (held)
                Port.Handle.DangerousRelease();
        }
    }
}
