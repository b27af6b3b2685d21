using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Scatterlist.Vfio;

namespace Scatterlist.Opae.SoftAccelerator.Tests.Machine;

/// <summary>The tests of this machine's devices, in guests of our own that have some.</summary>
[Collection(nameof(Alone))]
public sealed partial class GuestTests
{
    // Not this process's path, which is dotnet's own where the tests were started by it.
    private static readonly string Program = Path.ChangeExtension(typeof(GuestTests).Assembly.Location, null);

    /// <summary>By group and container (type1v2), and by device node and iommufd.</summary>
    [Theory]
    [InlineData("6.12")]
    [InlineData("built")]
    public async Task A_device_on_the_kernels_driver_behaves_as_the_emulated_ones(string kernel)
    {
        int ran = await RunAsync(new Dictionary<string, string>
        {
            ["SCATTERLIST_GUEST_KERNEL"] = kernel,
            ["SCATTERLIST_GUEST_MEMORY"] = "4096",
            ["SCATTERLIST_GUEST_APPEND"] = "hugepagesz=1G hugepages=1",
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
        int ran = await RunAsync(new Dictionary<string, string> { ["SCATTERLIST_GUEST_SOCKET"] = server.Path },
            "-method", "*MachineBufferTests.*", "-method", "*MachineReachTests.*", "-method", "*The_end_of_a_run_*",
            "-method", "*A_reset_leaves_*", "-method", "*The_doctor_*");
        Assert.True(ran >= 43, $"{ran} tests ran");
        Assert.NotEqual(0ul, emulated.GetStatistics().Runs);
        Assert.Contains(emulated.Faults, fault => fault.Reason == DmaFaultReason.NotPermitted);
        Assert.Contains(emulated.Faults, fault => fault.Reason == DmaFaultReason.NotMapped);
        Eventually.True(() => emulated.Model.Dma.Count == 0, "QEMU's mappings outlive it.");
    }

    /// <summary>Machines that are not set up for VFIO.</summary>
    [Theory]
    [InlineData("built", "no-remapping", 1)]
    [InlineData("built", "off", 2)]
    public async Task What_a_machine_lacks_is_told(string kernel, string iommu, int expected)
    {
        int ran = await RunAsync(
            new Dictionary<string, string> { ["SCATTERLIST_GUEST_KERNEL"] = kernel, ["SCATTERLIST_GUEST_IOMMU"] = iommu },
            "-class", "*MachineSetupTests");
        Assert.Equal(expected, ran);
    }

    private static async Task<int> RunAsync(Dictionary<string, string> environment, params string[] filter)
    {
        if (Environment.GetEnvironmentVariable("EDU_ADDRESS") is { Length: > 0 })
            Assert.Skip("guest: this is the guest");
        var start = new ProcessStartInfo(Path.Combine(Repository.Root, "tests", "guest", "run"))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList = { Program, "-noColor" },
        };
        foreach (string word in filter)
            start.ArgumentList.Add(word);
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        string error = await errors;
        if (process.ExitCode == 125 && Absence().Match(error) is { Success: true } absent)
            Assert.Skip(absent.Value);
        Assert.True(process.ExitCode == 0, output + error);
        Match total = Totals().Match(output);
        Assert.True(total.Success, output);
        return Number(total, 1) - Number(total, 2);
    }

    private static int Number(Match match, int group) =>
        int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex("guest: .*(is missing|no kernel|no QEMU).*")]
    private static partial Regex Absence();

    [GeneratedRegex("Total: ([0-9]+), Errors: 0, Failed: 0, Skipped: ([0-9]+)")]
    private static partial Regex Totals();
}
