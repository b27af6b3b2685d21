namespace Scatterlist.Opae.SoftAccelerator.Tests.Behaviour;

public sealed class InProcessBufferTests : BufferBehaviour
{
    protected override Rig CreateRig() => new InProcessRig(null);
}

public sealed class InProcessReachTests : ReachBehaviour
{
    protected override Rig CreateRig() => new InProcessRig(null);
}

public sealed class InProcessDmaTests : DmaBehaviour
{
    protected override EmulatedRig CreateRig(EmulatedAcceleratorOptions? options) => new InProcessRig(options);
}

public sealed class InProcessDeviceTests : DeviceBehaviour
{
    protected override EmulatedRig CreateRig(EmulatedAcceleratorOptions? options) => new InProcessRig(options);
}

public sealed class InProcessCallTests : CallBehaviour
{
    protected override EmulatedRig CreateRig(EmulatedAcceleratorOptions? options) => new InProcessRig(options);
}
