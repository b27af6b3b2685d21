using System.Diagnostics;
using System.Text.RegularExpressions;
using Scatterlist.Testing;

namespace Scatterlist.Tool.Tests.Rdma;

/// <summary>One boot of the guest, with every run between the soft NIC and the kernel's rxe in it.</summary>
public sealed partial class KernelPeers : IAsyncLifetime
{
    /// <summary>Why there was no guest; null when there was.</summary>
    internal string? Missing { get; private set; }

    /// <summary>All that the runs said.</summary>
    internal string Output { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        string guest = Path.Combine(Repository.Root, "tests", "guest");
        var start = new ProcessStartInfo(Path.Combine(guest, "run"))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList =
            {
                Path.Combine(guest, "rxe-peers"), Path.Combine(AppContext.BaseDirectory, "sgl"),
            },
        };
        foreach (string program in (string[])["ibv_rc_pingpong", "ib_write_bw"])
        {
            if (!File.Exists($"/usr/bin/{program}"))
            {
                Missing = $"{program} is missing (Debian: ibverbs-utils perftest)";
                return;
            }
        }

        start.Environment["SCATTERLIST_GUEST_MODULES"] = "rdma_rxe veth ib_uverbs rdma_ucm crc32_generic";
        start.Environment["SCATTERLIST_GUEST_SECONDS"] = "780"; // in two minutes on a quiet machine
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        Output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        string error = await errors;
        if (process.ExitCode == 125 && Absence().Match(error) is { Success: true } absent)
            Missing = absent.Value;
        Output += error;
    }

    public ValueTask DisposeAsync() => default;

    [GeneratedRegex("guest: .*(is missing|no kernel).*")]
    private static partial Regex Absence();
}
