namespace Scatterlist.Verbs.Contract.Tests.Media;

/// <summary>Which media this run has.</summary>
internal static class MediumList
{
    /// <summary>Names an RDMA device that has to pass the suite; the soft NIC's media are then left out.</summary>
    internal const string DeviceVariable = "SCATTERLIST_VERBS_CONTRACT_DEVICE";

    /// <summary>The other side's device, when it is another one.</summary>
    internal const string PeerDeviceVariable = "SCATTERLIST_VERBS_CONTRACT_PEER_DEVICE";

    /// <summary>What starts the other process ("ip netns exec other"); the program and its argument follow.</summary>
    internal const string PeerCommandVariable = "SCATTERLIST_VERBS_CONTRACT_PEER_COMMAND";

    /// <summary>How many operations a test of load does on a named device; default 10000.</summary>
    internal const string OperationsVariable = "SCATTERLIST_VERBS_CONTRACT_OPERATIONS";

    /// <summary>Keeps a run over one named device to one process, where there is little time.</summary>
    internal const string OneProcessVariable = "SCATTERLIST_VERBS_CONTRACT_ONE_PROCESS";

    internal static int Operations => Read(OperationsVariable) is { } text
        ? int.Parse(text, System.Globalization.CultureInfo.InvariantCulture)
        : 10_000;

    internal static IReadOnlyList<Medium> All { get; } = DeviceName is null
        ?
        [
            Medium.InProcessSameHost, Medium.InProcessUdp, Medium.ProcessesSameHost, Medium.ProcessesUdp,
            Medium.ProcessesUdpLossy,
        ]
        : PeerCommand.Length != 0 || PeerDeviceName != DeviceName
            ? [Medium.NamedDeviceProcesses]
            : Read(OneProcessVariable) is null
                ? [Medium.NamedDevice, Medium.NamedDeviceProcesses]
                : [Medium.NamedDevice];

    internal static string? DeviceName => Read(DeviceVariable);

    internal static string? PeerDeviceName => Read(PeerDeviceVariable) ?? DeviceName;

    internal static string[] PeerCommand =>
        Read(PeerCommandVariable)?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];

    internal static bool HasTwoProcesses(this Medium medium) => medium
        is Medium.ProcessesSameHost or Medium.ProcessesUdp or Medium.ProcessesUdpLossy or Medium.NamedDeviceProcesses;

    private static string? Read(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;
}
