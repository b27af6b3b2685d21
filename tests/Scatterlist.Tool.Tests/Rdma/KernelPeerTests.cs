using System.Text.RegularExpressions;
using Scatterlist.Testing;

namespace Scatterlist.Tool.Tests.Rdma;

/// <summary>
/// The soft NIC at home on a real RoCE network: the other end is the Linux kernel's rxe, used by the C programs of
/// rdma-core and perftest, in a guest. The names are those of tests/guest/rxe-peers.
/// </summary>
public sealed class KernelPeerTests(KernelPeers peers) : IClassFixture<KernelPeers>
{
    public static TheoryData<string> Runs() => [.. KernelPeers.Names];

    [Theory]
    [MemberData(nameof(Runs))]
    public void The_C_program_over_rxe_and_sgl_are_each_others_peer(string name)
    {
        if (peers.Missing is { } missing)
            Assert.Skip(missing);
        Assert.SkipWhen(
            name == "send-bw-events" && Guest.Kernel == "6.12", "rxe of Linux 6.12 loses perftest's completion event now and then");

        // What a run said of its failure follows its line.
        Match run = Line(name).Match(peers.Output);
        Assert.True(run.Success, $"{name} had no end. {peers.Output}");
        Assert.True(run.Groups["ours"].Value == "0" && run.Groups["theirs"].Value == "0", run.Value);
    }

    private static Regex Line(string name) => new(
        $@"^run {Regex.Escape(name)} ours (?<ours>\d+) theirs (?<theirs>\d+) .*(\n(?!run ).*)*", RegexOptions.Multiline);
}
