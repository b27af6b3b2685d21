namespace Scatterlist.Opae.SoftAccelerator.Tests.Behaviour;

public sealed class VfioUserBufferTests : BufferBehaviour
{
    protected override Rig CreateRig() => new VfioUserRig(null);
}

public sealed class VfioUserReachTests : ReachBehaviour
{
    protected override Rig CreateRig() => new VfioUserRig(null);
}

public sealed class VfioUserDmaTests : DmaBehaviour
{
    protected override EmulatedRig CreateRig(EmulatedAcceleratorOptions? options) => new VfioUserRig(options);
}

public sealed class VfioUserDeviceTests : DeviceBehaviour
{
    protected override EmulatedRig CreateRig(EmulatedAcceleratorOptions? options) => new VfioUserRig(options);
}

public sealed class VfioUserCallTests : CallBehaviour
{
    protected override EmulatedRig CreateRig(EmulatedAcceleratorOptions? options) => new VfioUserRig(options);
}
