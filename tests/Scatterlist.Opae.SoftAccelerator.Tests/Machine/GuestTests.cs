using System.Globalization;
using System.Text.RegularExpressions;
using Scatterlist.Vfio;

namespace Scatterlist.Opae.SoftAccelerator.Tests.Machine;

/// <summary>The tests of this machine's devices, in guests of our own that have some.</summary>
[Collection(nameof(Alone))]
public sealed partial class GuestTests
{
    /// <summary>By group and container (type1v2), and by device node and iommufd.</summary>
    [Theory]
    [InlineData("6.12")]
    [InlineData("built")]
    public async Task A_device_on_the_kernels_driver_behaves_as_the_emulated_ones(string kernel)
    {
        int ran = await RunAsync(new Dictionary<string, string>
        {
            ["KERNEL"] = kernel,
            ["MEMORY"] = "4096",
            ["APPEND"] = "hugepagesz=1G hugepages=1",
        }, "-trait", "Runs=in the guest");
        Assert.True(ran >= 55, $"{ran} tests ran");
    }

    /// <summary>QEMU is the client of our server, and in its guest we are the user of its device.</summary>
    [Fact]
    public async Task An_accelerator_that_QEMU_gives_to_a_guest_behaves_as_the_emulated_ones()
    {
        using var folder = new TempDirectory();
        using var emulated = new EmulatedAccelerator();
        using VfioUserServer server = emulated.Serve(folder["socket"]);
        int ran = await RunAsync(new Dictionary<string, string> { ["SOCKET"] = server.Path },
            "-method", "*MachineBufferTests.*", "-method", "*MachineReachTests.*", "-method", "*The_end_of_a_run_*",
            "-method", "*A_reset_leaves_*", "-method", "*The_doctor_*", "-method", "*Without_a_huge_page_*");
        Assert.True(ran >= 44, $"{ran} tests ran");
        Assert.NotEqual(0ul, emulated.GetStatistics().Runs);
        Assert.Contains(emulated.Faults, fault => fault.Reason == DmaFaultReason.NotPermitted);
        Assert.Contains(emulated.Faults, fault => fault.Reason == DmaFaultReason.NotMapped);
        Eventually.True(() => emulated.Model.Dma.Count == 0, "QEMU's mappings outlive it.");
    }

    /// <summary>Machines that are not set up for VFIO.</summary>
    [Theory]
    [InlineData("6.12", "no-remapping", 1)]
    [InlineData("built", "no-remapping", 1)]
    [InlineData("built", "off", 2)]
    public async Task What_a_machine_lacks_is_told(string kernel, string iommu, int expected)
    {
        int ran = await RunAsync(
            new Dictionary<string, string> { ["KERNEL"] = kernel, ["IOMMU"] = iommu },
            "-class", "*MachineSetupTests");
        Assert.Equal(expected, ran);
    }

    private static async Task<int> RunAsync(Dictionary<string, string> environment, params string[] filter)
    {
        if (Environment.GetEnvironmentVariable("EDU_ADDRESS") is { Length: > 0 })
            Assert.Skip("guest: this is the guest");
        string program = await Guest.ProgramAsync(typeof(GuestTests).Assembly);
        Guest guest = await Guest.RunAsync(new(environment) { ["SECONDS"] = "1140" }, [program, "-noColor", .. filter]);
        if (guest.Missing is { } missing)
            Assert.Skip(missing);
        string output = guest.Output;
        Assert.True(guest.ExitCode == 0, output);
        Match total = Totals().Match(output);
        Assert.True(total.Success, output);
        return Number(total, 1) - Number(total, 2);
    }

    private static int Number(Match match, int group) =>
        int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex("Total: ([0-9]+), Errors: 0, Failed: 0, Skipped: ([0-9]+)")]
    private static partial Regex Totals();
}
