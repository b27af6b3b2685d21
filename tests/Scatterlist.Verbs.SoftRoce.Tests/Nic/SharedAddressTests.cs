using System.Net;

namespace Scatterlist.Verbs.SoftRoce.Tests.Nic;

public sealed class SharedAddressTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Nics_of_one_address_get_their_own_packets(bool sameHost)
    {
        var address = new IPAddress([127, 9, (byte)Random.Shared.Next(256), (byte)Random.Shared.Next(1, 255)]);
        var options = new SoftNicOptions { Addresses = [address], SameHost = sameHost };
        using var first = new NicPair(options);
        using var second = new NicPair(options);
        first.Left.Fill(1);
        second.Left.Fill(2);
        first.Left.Pair.PostWrite(new WriteWorkRequest(first.Left.Region.Gather(0, 65536), first.Right.Region.Remote), 1);
        second.Left.Pair.PostWrite(new WriteWorkRequest(second.Left.Region.Gather(0, 65536), second.Right.Region.Remote), 2);
        first.Left.Expect(1);
        second.Left.Expect(2);
        Assert.True(first.Right.Span[..65536].SequenceEqual(first.Left.Span[..65536]));
        Assert.True(second.Right.Span[..65536].SequenceEqual(second.Left.Span[..65536]));
    }

    [Fact]
    public void An_address_that_is_not_shared_is_refused_to_the_second()
    {
        var options = new SoftNicOptions { Addresses = [IPAddress.Parse("127.9.9.9")], ShareAddress = false };
        using Context first = SoftNic.Open(options);
        VerbsException taken = Assert.Throws<VerbsException>(() => SoftNic.Open(options));
        Assert.Equal(VerbsErrorKind.Busy, taken.Kind);
        Assert.NotNull(taken.Remedy);
    }

    [Fact]
    public void An_address_of_another_host_is_refused()
    {
        VerbsException refused = Assert.Throws<VerbsException>(
            () => SoftNic.Open(new SoftNicOptions { Addresses = [IPAddress.Parse("192.0.2.1")] }));
        Assert.Equal(Errno.EADDRNOTAVAIL, refused.Errno);
    }
}
