namespace Scatterlist.Opae.SoftAccelerator.Tests.Behaviour;

public sealed class InProcessBufferTests : BufferBehaviour
{
    protected override Rig CreateRig(EmulatedAcceleratorOptions? options) => new InProcessRig(options);
}

public sealed class InProcessDmaTests : DmaBehaviour
{
    protected override Rig CreateRig(EmulatedAcceleratorOptions? options) => new InProcessRig(options);
}

public sealed class InProcessDeviceTests : DeviceBehaviour
{
    protected override Rig CreateRig(EmulatedAcceleratorOptions? options) => new InProcessRig(options);
}

public sealed class InProcessCallTests : CallBehaviour
{
    protected override Rig CreateRig(EmulatedAcceleratorOptions? options) => new InProcessRig(options);
}
