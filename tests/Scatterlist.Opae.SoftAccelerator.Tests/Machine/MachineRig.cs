using Scatterlist.Opae.SoftAccelerator.Tests.Behaviour;

namespace Scatterlist.Opae.SoftAccelerator.Tests.Machine;

/// <summary>
/// A device of this machine on vfio-pci: QEMU's edu, or an emulated accelerator that QEMU shows as a PCI device.
/// </summary>
internal sealed class MachineRig : Rig
{
    private readonly MachineDevice _device;

    internal MachineRig()
        : this(MachineDevice.TakeFree())
    {
    }

    internal MachineRig(MachineDevice device)
    {
        _device = device;
    }

    public override FpgaProvider Provider { get; } = VfioFpgaProvider.FromSystem();

    public override Accelerator Open() => OpenToken().Open();

    public Token OpenToken() => Assert.Single(
        ((VfioFpgaProvider)Provider).GetTokens(inspect: false), token => token.Name == _device.Address);

    public override Mover CreateMover(Accelerator accelerator) => _device.IsEdu
        ? new EduMover(accelerator)
        : new ExerciserMover(accelerator, hasFaulted: null);

    // A group's container has its first number of free mappings again; iommufd counts none.
    public override bool IsFree()
    {
        try
        {
            using Accelerator accelerator = Open();
            return accelerator.Diagnose().All(
                finding => finding.Name != "mappings" || finding.Found.StartsWith("65535 ", StringComparison.Ordinal));
        }
        catch (FpgaException exception) when (exception.Result == FpgaResult.Busy)
        {
            return false;
        }
    }

    public override void Dispose()
    {
        _device.Give();
        GC.SuppressFinalize(this);
    }
}
