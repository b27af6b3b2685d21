using Scatterlist.Verbs.Contract.Tests.Rigs;

namespace Scatterlist.Verbs.Contract.Tests.Media;

/// <summary>
/// What Linux' rdma_rxe is known not to do as the specification has it (seen on 6.12 and 7), or does in a way that a test
/// must not take for ours. Each is a skip by name, with the reason; nothing else of the suite makes allowances for it.
/// </summary>
internal static class Rxe
{
    internal const string NoErrorEvents =
        "rdma_rxe tells the owner of a queue pair of no refused request: it has no QP_ACCESS_ERR and QP_REQ_ERR events.";

    internal const string NoEventOfFailures =
        "rdma_rxe does not wake who asked for solicited completions when work fails.";

    internal const string NoDeviceMemory = "rdma_rxe has no device memory.";

    internal const string NoDepthOfNone =
        "rdma_rxe lets a read wait for ever when the depth of reads is 0, in place of refusing it.";

    internal const string NoLimitOfDepth =
        "rdma_rxe takes any depth of reads, also one past its max_qp_rd_atom.";

    internal const string NoInvalidate =
        "rdma_rxe invalidates memory windows and the kernel's own regions only, and no program's region.";

    internal const string LateErrorState =
        "rdma_rxe completes the request that failed, and then takes the queue pair to the error state.";

    /// <summary>For a peer that dies: 7, the default, is retries without end to rdma_rxe. Null where it is not this side's.</summary>
    internal static LinkOptions? FewRetries => IsHere ? new LinkOptions { Timeout = 17, RetryCount = 6 } : null;

    /// <summary>Whether this side's device is one.</summary>
    internal static bool IsHere => MediumList.DeviceName is { } name && IsName(name);

    /// <summary>Whether the other side's device is one.</summary>
    internal static bool IsThere => MediumList.PeerDeviceName is { } name && IsName(name);

    private static bool IsName(string name) => name.StartsWith("rxe", StringComparison.Ordinal);
}
