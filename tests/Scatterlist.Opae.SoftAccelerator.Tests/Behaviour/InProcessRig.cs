namespace Scatterlist.Opae.SoftAccelerator.Tests.Behaviour;

internal sealed class InProcessRig(EmulatedAcceleratorOptions? options) : EmulatedRig(new EmulatedAccelerator(options))
{
    public override FpgaProvider Provider => Emulated.Provider;

    public override Accelerator Open() => Emulated.Open();
}
