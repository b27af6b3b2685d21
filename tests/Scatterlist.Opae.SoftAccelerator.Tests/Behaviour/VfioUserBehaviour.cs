namespace Scatterlist.Opae.SoftAccelerator.Tests.Behaviour;

public sealed class VfioUserBufferTests : BufferBehaviour
{
    protected override Rig CreateRig(EmulatedAcceleratorOptions? options) => new VfioUserRig(options);
}

public sealed class VfioUserDmaTests : DmaBehaviour
{
    protected override Rig CreateRig(EmulatedAcceleratorOptions? options) => new VfioUserRig(options);
}

public sealed class VfioUserDeviceTests : DeviceBehaviour
{
    protected override Rig CreateRig(EmulatedAcceleratorOptions? options) => new VfioUserRig(options);
}

public sealed class VfioUserCallTests : CallBehaviour
{
    protected override Rig CreateRig(EmulatedAcceleratorOptions? options) => new VfioUserRig(options);
}
