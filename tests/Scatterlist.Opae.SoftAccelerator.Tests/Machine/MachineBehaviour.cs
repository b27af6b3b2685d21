using Scatterlist.Opae.SoftAccelerator.Tests.Behaviour;

namespace Scatterlist.Opae.SoftAccelerator.Tests.Machine;

[Collection(nameof(Alone))]
[Trait("Runs", "in the guest")]
public sealed class MachineBufferTests : BufferBehaviour
{
    protected override Rig CreateRig() => new MachineRig();
}

[Collection(nameof(Alone))]
[Trait("Runs", "in the guest")]
public sealed class MachineReachTests : ReachBehaviour
{
    protected override Rig CreateRig() => new MachineRig();
}
