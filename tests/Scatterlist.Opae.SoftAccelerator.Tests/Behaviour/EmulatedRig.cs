namespace Scatterlist.Opae.SoftAccelerator.Tests.Behaviour;

/// <summary>An emulated accelerator and a way to it.</summary>
public abstract class EmulatedRig : Rig
{
    protected EmulatedRig(EmulatedAccelerator emulated)
    {
        Emulated = emulated;
    }

    /// <summary>The device's side.</summary>
    public EmulatedAccelerator Emulated { get; }

    public override Mover CreateMover(Accelerator accelerator) => new ExerciserMover(
        accelerator, address => Emulated.Faults.Any(fault => fault.Address == address));

    public override bool IsFree() => Emulated.Model.Dma.Count == 0 && !Emulated.Model.IsAttached;

    public override void Dispose()
    {
        Emulated.Dispose();
        GC.SuppressFinalize(this);
    }
}
