using System.Text.RegularExpressions;

namespace Scatterlist.Tool.Tests.Rdma;

/// <summary>
/// The soft NIC at home on a real RoCE network: the other end is the Linux kernel's rxe, used by the C programs of
/// rdma-core and perftest, in a guest. The names are those of tests/guest/rxe-peers.
/// </summary>
public sealed class KernelPeerTests(KernelPeers peers) : IClassFixture<KernelPeers>
{
    [Theory]
    [InlineData("rc-pingpong")]
    [InlineData("rc-pingpong-call")]
    [InlineData("uc-pingpong")]
    [InlineData("ud-pingpong")]
    [InlineData("write-bw")]
    [InlineData("read-bw")]
    [InlineData("send-bw")]
    [InlineData("atomic-bw")]
    [InlineData("write-lat")]
    [InlineData("send-lat")]
    public void The_C_program_over_rxe_and_sgl_are_each_others_peer(string name)
    {
        if (peers.Missing is { } missing)
            Assert.Skip(missing);
        Match run = Regex.Match(peers.Output, $@"^run {name} ours (\d+) theirs (\d+)$", RegexOptions.Multiline);
        Assert.True(run.Success && run.Groups[1].Value == "0" && run.Groups[2].Value == "0", peers.Output);
    }
}
