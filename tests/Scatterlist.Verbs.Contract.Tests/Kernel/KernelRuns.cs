namespace Scatterlist.Verbs.Contract.Tests.Kernel;

/// <summary>
/// One boot of the guest with every run of the suite over the kernel's rxe: by libibverbs alone, and between rxe and the
/// soft NIC. The runs are the legs of tests/guest/rxe-contract.
/// </summary>
public sealed class KernelRuns : IAsyncLifetime
{
    private const string Modules = "rdma_rxe veth ib_uverbs crc32_generic sch_netem";

    // Those of a leg that keeps to the wire, and what a leg that loses packets has none of.
    private static readonly string[] WireClasses =
    [
        nameof(AtomicTests), nameof(DatagramTests), nameof(FaultTests), nameof(OrderingTests),
        nameof(ReliableOperationTests), nameof(SharedReceiveQueueTests), nameof(UnreliableOperationTests),
    ];

    private static readonly string[] UnreliableClasses = [nameof(DatagramTests), nameof(UnreliableOperationTests)];

    // What fits in a few minutes.
    private static readonly string[] Short = ["rxe,one", "rxe-soft,wire"];

    // With SCATTERLIST_GUEST_LONG. Linux 6.12 has rxe in its first name space only.
    private static readonly string[] Long =
    [
        .. Short, "soft-rxe,wire", "soft-rxe,wire,6", "rxe-soft,wire,6", "soft-rxe,wire,mtu=1500",
        "rxe-soft,wire,mtu=1500", "soft-rxe,wire,loss=1", "rxe-soft,wire,loss=1",
        .. Guest.Kernel == "6.12" ? (string[])[] : ["rxe-rxe"],
    ];

    private static string Seconds => Guest.IsLong ? "3600" : "1140"; // more than on a quiet machine

    /// <summary>The legs of this time: those that SCATTERLIST_GUEST_LEGS names, or the short ones, or the long ones.</summary>
    internal static IEnumerable<string> Legs =>
        Environment.GetEnvironmentVariable("SCATTERLIST_GUEST_LEGS") is { Length: > 0 } named ? named.Split(' ')
        : Guest.IsLong ? Long : Short;

    /// <summary>Why there was no guest; null when there was.</summary>
    internal string? Missing { get; private set; }

    /// <summary>All that the runs said.</summary>
    internal string Output { get; private set; } = "";

    /// <summary>Whether the script runs a class in a leg.</summary>
    internal static bool Has(string leg, string name) =>
        (!leg.Contains(",wire", StringComparison.Ordinal) || WireClasses.Contains(name))
        && (!leg.Contains(",loss=", StringComparison.Ordinal) || !UnreliableClasses.Contains(name));

    public async ValueTask InitializeAsync()
    {
        string script = Path.Combine(Repository.Root, "tests", "guest", "rxe-contract");
        string program = await Guest.ProgramAsync(typeof(KernelRuns).Assembly);
        Guest guest = await Guest.RunAsync(
            new() { ["KERNEL"] = Guest.Kernel, ["MODULES"] = Modules, ["SECONDS"] = Seconds },
            [script, program, .. Legs, "--", "-verbose", "-class-", "*Kernel.*"]);
        Missing = guest.Missing;
        Output = guest.Output;
    }

    public ValueTask DisposeAsync() => default;
}
