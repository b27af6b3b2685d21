using System.Diagnostics;
using System.Globalization;

namespace Scatterlist.Opae.SoftAccelerator.Tests.Machine;

/// <summary>What the kernel refuses, and the code and the remedy that it comes back with.</summary>
[Collection(nameof(Alone))]
[Trait("Runs", "in the guest")]
public sealed class MachineLimitTests : IDisposable
{
    private const int Page = 4096;
    private const string EntryLimit = "/sys/module/vfio_iommu_type1/parameters/dma_entry_limit";
    private const string HeldDevice = "SCATTERLIST_HELD_DEVICE";
    private const string ReadyFile = "SCATTERLIST_READY_FILE";

    private MachineRig? _rig;

    public void Dispose() => _rig?.Dispose();

    [Fact]
    public void A_node_that_is_not_ours_is_no_access()
    {
        MachineDevice device = Take();
        string own = $"{MachineDevice.Devices}/{device.Address}";
        string node = File.Exists("/dev/iommu")
            ? "/dev/vfio/devices/" + Path.GetFileName(Directory.EnumerateDirectories(own + "/vfio-dev").Single())
            : "/dev/vfio/" + Path.GetFileName(new DirectoryInfo(own + "/iommu_group").LinkTarget);
        UnixFileMode before = File.GetUnixFileMode(node);
        File.SetUnixFileMode(node, UnixFileMode.None);
        try
        {
            Privileges.Without([Privileges.DacOverride, Privileges.DacReadSearch], () =>
            {
                FpgaException refused = Assert.Throws<FpgaException>(_rig!.Open);
                Assert.Equal((FpgaResult.NoAccess, Errno.EACCES), (refused.Result, refused.Errno));
                Assert.Contains($"chown $USER {node}", refused.Remedy, StringComparison.Ordinal);
            });
        }
        finally
        {
            File.SetUnixFileMode(node, before);
        }

        _rig!.Open().Dispose();
    }

    [Fact]
    public void Memory_past_the_limit_on_locked_memory_is_no_memory_told_in_numbers()
    {
        Take();
        using Accelerator accelerator = _rig!.Open();
        Privileges.WithLockedMemory(1 << 20, () => Privileges.Without([Privileges.IpcLock], () =>
        {
            FpgaException refused = Assert.Throws<FpgaException>(
                () => accelerator.PrepareBuffer(2 << 20, options: SharedBufferOptions.BasePages));
            Assert.Equal((FpgaResult.NoMemory, Errno.ENOMEM), (refused.Result, refused.Errno));
            Assert.Contains("2097152 bytes more to lock", refused.Message, StringComparison.Ordinal);
            Assert.Contains("1048576 allowed", refused.Message, StringComparison.Ordinal);
            Assert.Contains("ulimit -l", refused.Remedy, StringComparison.Ordinal);
            using SharedBuffer within = accelerator.PrepareBuffer(512 << 10, options: SharedBufferOptions.BasePages);
            Assert.Equal(1, accelerator.BufferCount);
        }));
        accelerator.PrepareBuffer(2 << 20, options: SharedBufferOptions.BasePages).Dispose();
    }

    [Fact]
    public void A_containers_last_mapping_is_no_memory_and_a_pool_goes_on()
    {
        Take();
        if (File.Exists("/dev/iommu"))
            Assert.Skip("type1: iommufd has no limit on mappings");
        string before = File.ReadAllText(EntryLimit);
        File.WriteAllText(EntryLimit, "3");
        try
        {
            using Accelerator accelerator = _rig!.Open();
            using SharedBuffer first = accelerator.PrepareBuffer(Page);
            using SharedBuffer second = accelerator.PrepareBuffer(Page);
            using SharedBufferPool pool = accelerator.CreatePool(1 << 20, options: SharedBufferOptions.BasePages);
            FpgaException refused = Assert.Throws<FpgaException>(() => accelerator.PrepareBuffer(Page));
            Assert.Equal((FpgaResult.NoMemory, Errno.ENOSPC), (refused.Result, refused.Errno));
            Assert.Contains("0 more mappings", refused.Message, StringComparison.Ordinal);
            Assert.Contains("dma_entry_limit", refused.Remedy, StringComparison.Ordinal);
            Assert.Contains(
                accelerator.Diagnose(), one => one is { Name: "mappings", Status: FpgaFindingStatus.Limited });
            Assert.Contains(FpgaDoctor.Diagnose(), one =>
                one.Name == "mappings of a container" && one.Status == FpgaFindingStatus.Limited);
            pool.Rent(Page).Dispose();
            first.Dispose();
            accelerator.PrepareBuffer(Page).Dispose();
        }
        finally
        {
            File.WriteAllText(EntryLimit, before);
        }
    }

    [Fact]
    public void A_program_that_has_the_device_is_named_and_leaves_nothing_when_it_is_killed()
    {
        MachineDevice device = Take();
        using var folder = new TempDirectory();
        string program = Path.ChangeExtension(typeof(MachineLimitTests).Assembly.Location, null);
        var start = new ProcessStartInfo(program)
        {
            ArgumentList = { "-method", $"*{nameof(Holds_a_device_until_it_is_killed)}", "-explicit", "only" },
            Environment = { [HeldDevice] = device.Address, [ReadyFile] = folder["ready"] },
            RedirectStandardOutput = true,
        };
        using Process other = Process.Start(start)!;
        try
        {
            Eventually.True(() => File.Exists(folder["ready"]) || other.HasExited, "no child", TimeSpan.FromMinutes(2));
            Assert.False(other.HasExited, "The child ended.");
            FpgaException busy = Assert.Throws<FpgaException>(_rig!.Open);
            Assert.Equal((FpgaResult.Busy, Errno.EBUSY), (busy.Result, busy.Errno));
            Assert.Contains(
                other.Id.ToString(CultureInfo.InvariantCulture), busy.Message, StringComparison.Ordinal);
        }
        finally
        {
            other.Kill();
            other.WaitForExit();
        }

        Eventually.True(_rig.IsFree, "The killed program still has the device.");
    }

    [Fact(Explicit = true)]
    public void Holds_a_device_until_it_is_killed()
    {
        string address = Environment.GetEnvironmentVariable(HeldDevice)
            ?? throw new InvalidOperationException($"{HeldDevice} names no device");
        using var rig = new MachineRig(MachineDevice.Take(device => device.Address == address, address));
        using Accelerator accelerator = rig.Open();
        for (int i = 0; i < 100; i++)
            accelerator.PrepareBuffer(Page);
        File.WriteAllText(Environment.GetEnvironmentVariable(ReadyFile)!, "");
        Thread.Sleep(Timeout.Infinite);
    }

    private MachineDevice Take()
    {
        MachineDevice device = MachineDevice.TakeFree();
        _rig = new MachineRig(device);
        return device;
    }
}
