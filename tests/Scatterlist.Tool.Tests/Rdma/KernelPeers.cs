using Scatterlist.Testing;

namespace Scatterlist.Tool.Tests.Rdma;

/// <summary>One boot of the guest, with every run between the soft NIC and the kernel's rxe in it.</summary>
public sealed class KernelPeers : IAsyncLifetime
{
    private const string Modules = "rdma_rxe veth ib_uverbs rdma_ucm crc32_generic";
    private static string Seconds => Guest.IsLong ? "3600" : "840"; // far more than on a quiet machine

    // What fits in a few minutes; SCATTERLIST_GUEST_LONG has the others run as well.
    private static readonly string[] Short =
    [
        "rc-pingpong-6", "uc-pingpong", "ud-pingpong", "write-bw-1024", "read-bw", "send-lat",
    ];

    private static readonly string[] Long =
    [
        "rc-pingpong", "rc-pingpong-call", "rc-pingpong-events", "rc-pingpong-4096", "uc-pingpong-call",
        "uc-pingpong-6",
        "ud-pingpong-serve", "ud-pingpong-6", "write-bw", "write-bw-call", "write-bw-all", "write-bw-both",
        "write-bw-4", "write-bw-list", "write-bw-uc", "write-bw-6", "read-bw-serve", "read-bw-all", "read-bw-both",
        "send-bw", "send-bw-call", "send-bw-all", "send-bw-both", "send-bw-4", "send-bw-events", "send-bw-uc",
        "send-bw-ud", "send-bw-ud-call", "send-bw-6", "atomic-bw-swap", "write-lat", "write-lat-serve",
        "write-lat-uc", "send-lat-call", "send-lat-ud", "send-lat-all", "read-lat", "read-lat-serve", "atomic-lat",
        "atomic-lat-serve", "atomic-bw",
    ];

    /// <summary>The runs of this time, by their names in tests/guest/rxe-peers.</summary>
    internal static IEnumerable<string> Names => Guest.IsLong ? Short.Concat(Long) : Short;

    /// <summary>Why there was no guest; null when there was.</summary>
    internal string? Missing { get; private set; }

    /// <summary>All that the runs said.</summary>
    internal string Output { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        foreach (string program in (string[])["ibv_rc_pingpong", "ib_write_bw"])
        {
            if (!File.Exists($"/usr/bin/{program}"))
            {
                Missing = $"{program} is missing (Debian: ibverbs-utils perftest)";
                return;
            }
        }

        string script = Path.Combine(Repository.Root, "tests", "guest", "rxe-peers");
        string sgl = await Guest.ProgramAsync(typeof(KernelPeers).Assembly, "sgl");
        Guest guest = await Guest.RunAsync(
            new() { ["KERNEL"] = Guest.Kernel, ["MODULES"] = Modules, ["SECONDS"] = Seconds }, [script, sgl, .. Names]);
        Missing = guest.Missing;
        Output = guest.Output;
    }

    public ValueTask DisposeAsync() => default;
}
