namespace Scatterlist.Opae.SoftAccelerator.Tests.Behaviour;

/// <summary>What needs the emulated accelerators: their registers, and their side of a fault.</summary>
public abstract class EmulatedBehaviour : AcceleratorBehaviour
{
    protected sealed override Rig CreateRig() => CreateRig(null);

    protected abstract EmulatedRig CreateRig(EmulatedAcceleratorOptions? options);

    protected new EmulatedRig NewRig() => NewRig(null);

    protected EmulatedRig NewRig(EmulatedAcceleratorOptions? options) => Own(CreateRig(options));
}
