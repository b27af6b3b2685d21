namespace Scatterlist.Opae.Tests;

public sealed class DoctorTests
{
    private const string Address = "0000:03:00.0";
    private const string Parameters = "/sys/module/vfio_iommu_type1/parameters/";

    private static FpgaFinding Find(FakeMachine machine, string name) =>
        Assert.Single(FpgaDoctor.Diagnose(machine.View), finding => finding.Name == name);

    [Fact]
    public void A_machine_with_everything_has_nothing_broken_or_missing()
    {
        using FakeMachine machine = FakeMachine.Healthy();
        IReadOnlyList<FpgaFinding> findings = FpgaDoctor.Diagnose(machine.View);
        Assert.All(
            findings.Where(finding => !finding.Name.EndsWith("pages", StringComparison.Ordinal)),
            finding => Assert.True(
                finding.Status is FpgaFindingStatus.Ok or FpgaFindingStatus.Limited, finding.ToString()));
        Assert.Equal("1 groups, by dmar0", Find(machine, "IOMMU").Found);
        Assert.Equal("viable", Find(machine, $"{Address} group 7").Found);
        Assert.Equal("/dev/vfio/7, free as far as can be seen", Find(machine, $"{Address} node").Found);
        Assert.Equal("flr bus", Find(machine, $"{Address} reset").Found);
    }

    [Fact]
    public void No_iommu_names_the_firmware_and_the_kernels_command_line()
    {
        using var machine = new FakeMachine();
        FpgaFinding finding = Find(machine, "IOMMU");
        Assert.Equal(FpgaFindingStatus.Missing, finding.Status);
        Assert.Contains("intel_iommu=on", finding.Remedy, StringComparison.Ordinal);
        machine.Text("/sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "Y");
        Assert.Contains("no-IOMMU", Find(machine, "IOMMU").Found, StringComparison.Ordinal);
        Assert.Equal(FpgaFindingStatus.Missing, Find(machine, "accelerators").Status);
        Assert.Equal("sudo modprobe vfio-pci", Find(machine, "vfio-pci driver").Remedy);
    }

    [Fact]
    public void A_device_with_another_driver_gets_the_lines_that_bind_it()
    {
        using FakeMachine machine = new FakeMachine().Device(Address, "dfl-pci", 7);
        FpgaFinding finding = Find(machine, $"{Address} driver");
        Assert.Equal(FpgaFindingStatus.Missing, finding.Status);
        Assert.StartsWith("dfl-pci has it", finding.Found, StringComparison.Ordinal);
        Assert.Equal(
            "sudo modprobe vfio-pci; echo 0000:03:00.0 | sudo tee /sys/bus/pci/devices/0000:03:00.0/driver/unbind; "
            + "echo vfio-pci | sudo tee /sys/bus/pci/devices/0000:03:00.0/driver_override; "
            + "echo 0000:03:00.0 | sudo tee /sys/bus/pci/drivers_probe",
            finding.Remedy);
        using FakeMachine unbound = new FakeMachine().Device(Address, driver: null, group: null);
        Assert.DoesNotContain("unbind", Find(unbound, $"{Address} driver").Remedy, StringComparison.Ordinal);
        Assert.Equal(FpgaFindingStatus.Broken, Find(unbound, $"{Address} group").Status);
    }

    [Fact]
    public void A_group_that_is_not_viable_names_who_is_in_the_way()
    {
        using FakeMachine machine = FakeMachine.Healthy()
            .Device("0000:03:00.1", "e1000e", 7, id: "0x10d3").Device("0000:03:00.2", "pci-stub", 7, id: "0x10d3");
        FpgaFinding finding = Find(machine, $"{Address} group 7");
        Assert.Equal(FpgaFindingStatus.Broken, finding.Status);
        Assert.Contains("0000:03:00.1 (e1000e)", finding.Found, StringComparison.Ordinal);
        Assert.DoesNotContain("0000:03:00.2", finding.Found, StringComparison.Ordinal);
        Assert.Contains("0000:03:00.1 | sudo tee", finding.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_that_is_not_there_or_not_ours_is_said_so()
    {
        using FakeMachine machine = FakeMachine.Healthy();
        if (!Environment.IsPrivilegedProcess)
        {
            File.SetUnixFileMode(machine.PathOf("/dev/vfio/7"), UnixFileMode.None);
            FpgaFinding refused = Find(machine, $"{Address} node");
            Assert.Equal(FpgaFindingStatus.Limited, refused.Status);
            Assert.Contains("mode 0000", refused.Found, StringComparison.Ordinal);
            Assert.Contains("chown", refused.Remedy, StringComparison.Ordinal);
        }

        File.Delete(machine.PathOf("/dev/vfio/7"));
        Assert.Equal(FpgaFindingStatus.Broken, Find(machine, $"{Address} node").Status);
    }

    [Fact]
    public void Who_holds_a_node_is_named()
    {
        using FakeMachine machine = FakeMachine.Healthy()
            .Text("/proc/4711/comm", "host_exerciser").Link("/proc/4711/fd/5", "/dev/vfio/7")
            .Text("/proc/4712/comm", "innocent").Link("/proc/4712/fd/5", "/dev/vfio/8");
        FpgaFinding finding = Find(machine, $"{Address} node");
        Assert.Equal(FpgaFindingStatus.Limited, finding.Status);
        Assert.Equal("/dev/vfio/7 is held by host_exerciser (pid 4711)", finding.Found);
        Assert.NotNull(finding.Remedy);
    }

    [Fact]
    public void A_node_of_the_devices_own_is_looked_at_too()
    {
        using FakeMachine machine = FakeMachine.Healthy()
            .Folder("/sys/bus/pci/devices/0000:03:00.0/vfio-dev/vfio0")
            .Text("/dev/vfio/devices/vfio0", "")
            .Text("/proc/4711/comm", "trader")
            .Link("/proc/4711/fd/5", "/dev/vfio/devices/vfio0");
        FpgaFinding node = Assert.Single(
            FpgaDoctor.Diagnose(machine.View, "0000:03:00.0"), finding => finding.Name == "0000:03:00.0 node");
        Assert.Equal(FpgaFindingStatus.Limited, node.Status);
        Assert.Contains("/dev/vfio/devices/vfio0 is held by trader (pid 4711)", node.Found, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("DMAR: [DMA Write NO_PASID] Request device [03:00.0] fault addr 0x1000 [fault reason 0x05]", true)]
    [InlineData("DMAR: [DMA Read NO_PASID] Request device [0000:03:00.0] fault addr 0x1000 [fault reason 0x06]", true)]
    [InlineData("vfio-pci 0000:03:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x000c address=0x1000]", true)]
    [InlineData("DMAR: [DMA Write NO_PASID] Request device [04:00.0] fault addr 0x1000 [fault reason 0x05]", false)]
    [InlineData("DMAR: IOMMU enabled", false)]
    public void Faults_of_the_device_are_found_in_the_kernels_log(string line, bool isFault)
    {
        using FakeMachine machine = FakeMachine.Healthy().Text("/dev/kmsg", $"[ 0.1] hello\n[ 0.2] {line}\n[ 0.3] bye");
        FpgaFinding faults = Assert.Single(
            FpgaDoctor.Diagnose(machine.View, "0000:03:00.0"), finding => finding.Name == "0000:03:00.0 faults");
        Assert.Equal(isFault ? FpgaFindingStatus.Limited : FpgaFindingStatus.Ok, faults.Status);
        Assert.Equal(isFault, faults.Found.Contains("0x1000", StringComparison.Ordinal));
    }

    [Fact]
    public void Limits_and_risks_of_the_driver_are_told()
    {
        using FakeMachine machine = FakeMachine.Healthy();
        File.WriteAllText(machine.PathOf(Parameters + "allow_unsafe_interrupts"), "Y\n");
        File.WriteAllText(machine.PathOf(Parameters + "dma_entry_limit"), "3\n");
        Assert.Equal(FpgaFindingStatus.Limited, Find(machine, "interrupt remapping").Status);
        FpgaFinding limit = Find(machine, "mappings of a container");
        Assert.Equal(FpgaFindingStatus.Limited, limit.Status);
        Assert.Contains("65535", limit.Remedy, StringComparison.Ordinal);
        File.Delete(machine.PathOf("/sys/bus/pci/devices/0000:03:00.0/reset_method"));
        Assert.Equal(FpgaFindingStatus.Limited, Find(machine, $"{Address} reset").Status);
    }

    [Fact]
    public void What_iommufd_allows_is_told_as_what_type1_does()
    {
        const string Switch = "/sys/module/iommufd/parameters/allow_unsafe_interrupts";
        using FakeMachine machine = FakeMachine.Healthy().Text("/dev/iommu", "").Text(Switch, "N");
        FpgaFinding both = Find(machine, "interrupt remapping");
        Assert.Equal(FpgaFindingStatus.Ok, both.Status);
        Assert.Contains("vfio_iommu_type1 and iommufd", both.Found, StringComparison.Ordinal);
        File.WriteAllText(machine.PathOf(Switch), "Y\n");
        FpgaFinding careless = Find(machine, "interrupt remapping");
        Assert.Equal(FpgaFindingStatus.Limited, careless.Status);
        Assert.Equal($"echo N | sudo tee {Switch}", careless.Remedy);
        using FakeMachine alone = new FakeMachine().Text("/dev/iommu", "").Text(Switch, "N");
        Assert.Equal(FpgaFindingStatus.Ok, Find(alone, "interrupt remapping").Status);
        Assert.Equal("no limit (iommufd)", Find(alone, "mappings of a container").Found);
        using var bare = new FakeMachine();
        Assert.Equal(FpgaFindingStatus.Missing, Find(bare, "interrupt remapping").Status);
        Assert.Equal(FpgaFindingStatus.Missing, Find(bare, "mappings of a container").Status);
    }

    [Fact]
    public void Huge_pages_and_what_the_control_group_allows_are_told()
    {
        const string Pool = "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages";
        using FakeMachine machine = new FakeMachine().Text(Pool, "0");
        FpgaFinding none = Find(machine, "2 MiB pages");
        Assert.Contains("nr_hugepages", none.Remedy, StringComparison.Ordinal);
        Assert.Equal(FpgaFindingStatus.Missing, Find(machine, "1 GiB pages").Status);
        machine.Text(Pool, "20").Text("/proc/self/cgroup", "0::/box").Text("/sys/fs/cgroup/box/hugetlb.2MB.max", "0");
        Assert.Contains("control group", Find(machine, "2 MiB pages").Found, StringComparison.Ordinal);
        File.WriteAllText(machine.PathOf("/sys/fs/cgroup/box/hugetlb.2MB.max"), "max\n");
        Assert.Equal("20 free", Find(machine, "2 MiB pages").Found);
    }

    [Fact]
    public void One_device_is_diagnosed_by_its_address()
    {
        using FakeMachine machine = FakeMachine.Healthy();
        Assert.Equal(3, FpgaDoctor.Diagnose(machine.View, Address).Count);
        Assert.Equal(
            FpgaFindingStatus.Missing, Assert.Single(FpgaDoctor.Diagnose(machine.View, "0000:04:00.0")).Status);
        Assert.Throws<ArgumentException>(() => FpgaDoctor.Diagnose(machine.View, "../../etc"));
        Assert.NotEmpty(FpgaDoctor.Diagnose()); // this machine, whatever it is
    }
}
