using Scatterlist.Vfio;

namespace Scatterlist.Opae.SoftAccelerator.Tests.Machine;

/// <summary>Machines that are not set up for VFIO: what is said, and what to do.</summary>
[Collection(nameof(Alone))]
[Trait("Runs", "in the guest")]
public sealed class MachineSetupTests
{
    private const string NoIommuMode = "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode";

    [Fact]
    public void Interrupts_that_cannot_be_remapped_are_no_access_until_that_is_allowed()
    {
        string address = AddressWhere("no-remapping");
        string module = File.Exists("/dev/iommu") ? "iommufd" : "vfio_iommu_type1";
        string parameter = $"/sys/module/{module}/parameters/allow_unsafe_interrupts";
        Token token = Assert.Single(VfioFpgaProvider.FromSystem().Enumerate(), one => one.Name == address);
        Assert.Null(token.Properties.State);
        FpgaException refused = Assert.Throws<FpgaException>(() => token.Open());
        Assert.Equal((FpgaResult.NoAccess, Errno.EPERM), (refused.Result, refused.Errno));
        Assert.Contains(parameter, refused.Remedy, StringComparison.Ordinal);
        File.WriteAllText(parameter, "1");
        token.Open().Dispose();
        FpgaFinding remapping = Assert.Single(FpgaDoctor.Diagnose(), one => one.Name == "interrupt remapping");
        Assert.Equal(FpgaFindingStatus.Limited, remapping.Status);
        Assert.Contains(parameter, remapping.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_an_IOMMU_there_is_no_driver_and_the_doctor_knows_why()
    {
        string address = AddressWhere("off");
        Assert.Empty(VfioFpgaProvider.FromSystem().Enumerate());
        FpgaFinding iommu = Assert.Single(FpgaDoctor.Diagnose(), one => one.Name == "IOMMU");
        Assert.Equal(FpgaFindingStatus.Missing, iommu.Status);
        Assert.Contains("intel_iommu=on", iommu.Remedy, StringComparison.Ordinal);
        Assert.Contains(FpgaDoctor.Diagnose(address), one =>
            one.Status == FpgaFindingStatus.Broken && one.Found.Contains("no IOMMU group", StringComparison.Ordinal));
        FpgaException refused = OpenByName(address);
        Assert.Equal((FpgaResult.NoDriver, Errno.ENODEV), (refused.Result, refused.Errno));
    }

    [Fact]
    public void The_mode_without_an_IOMMU_is_not_supported()
    {
        string address = AddressWhere("off");
        if (!File.Exists(NoIommuMode))
            Assert.Skip("no-IOMMU: this kernel has no such mode");
        File.WriteAllText(NoIommuMode, "Y");
        File.WriteAllText("/sys/bus/pci/drivers_probe", address);
        try
        {
            FpgaException refused = OpenByName(address);
            Assert.Equal((FpgaResult.NotSupported, Errno.EOPNOTSUPP), (refused.Result, refused.Errno));
            Assert.Contains("intel_iommu=on", refused.Remedy, StringComparison.Ordinal);
            FpgaFinding iommu = Assert.Single(FpgaDoctor.Diagnose(), one => one.Name == "IOMMU");
            Assert.NotEqual(FpgaFindingStatus.Ok, iommu.Status);
            Assert.Contains("no-IOMMU mode", iommu.Found, StringComparison.Ordinal);
        }
        finally
        {
            File.WriteAllText($"{MachineDevice.Devices}/{address}/driver/unbind", address);
            File.WriteAllText(NoIommuMode, "N");
        }
    }

    private static FpgaException OpenByName(string address) => Assert.Throws<FpgaException>(() => Assert.Single(
        VfioFpgaProvider.FromDevice(address, () => VfioKernelDevice.Open(address)).GetTokens(inspect: false)).Open());

    private static string AddressWhere(string iommu)
    {
        if (Environment.GetEnvironmentVariable("SCATTERLIST_GUEST_IOMMU") != iommu)
            Assert.Skip($"iommu: this is no guest with SCATTERLIST_GUEST_IOMMU={iommu}");
        return Environment.GetEnvironmentVariable("EDU_ADDRESS") is { Length: > 0 } address
            ? address
            : throw new InvalidOperationException("The guest has no edu.");
    }
}
