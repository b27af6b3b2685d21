using Scatterlist.Verbs.Tests.Fakes;

namespace Scatterlist.Verbs.Tests.QueuePairs;

/// <summary>A device that refuses a transition says EINVAL; the exception says why.</summary>
public sealed class DiagnosisTests
{
    private static readonly QueuePairAttributes Receive = new()
    {
        State = QueuePairState.ReadyToReceive,
        AddressVector = new AddressHandleAttributes(Gid.Parse("10.0.0.2"), 3),
        PathMtu = Mtu.Bytes1024,
        DestinationQueuePairNumber = 17,
        MaxDestinationReadAtomic = 1,
        MinRnrTimer = 12,
    };

    private const QueuePairAttributeMask ReceiveMask =
        QueuePairAttributeMask.State | QueuePairAttributeMask.AddressVector | QueuePairAttributeMask.PathMtu
        | QueuePairAttributeMask.DestinationQueuePairNumber | QueuePairAttributeMask.ReceivePsn
        | QueuePairAttributeMask.MaxDestinationReadAtomic | QueuePairAttributeMask.MinRnrTimer;

    [Fact]
    public void What_the_mask_lacks_is_named() =>
        AssertNamed(Receive, ReceiveMask & ~QueuePairAttributeMask.PathMtu, "needs PathMtu");

    [Fact]
    public void What_the_mask_has_too_much_is_named() =>
        AssertNamed(Receive, ReceiveMask | QueuePairAttributeMask.RetryCount, "does not allow RetryCount");

    [Fact]
    public void A_transition_that_does_not_exist_is_named() => AssertNamed(
        new QueuePairAttributes { State = QueuePairState.ReadyToSend },
        QueuePairAttributeMask.State | QueuePairAttributeMask.SendPsn,
        "does not go from Init to ReadyToSend");

    [Fact]
    public void A_number_past_its_range_is_named() => AssertNamed(
        Receive with { ReceivePsn = 0x1000000 }, ReceiveMask, "ReceivePsn is 16777216");

    [Fact]
    public void A_depth_past_the_device_is_named() => AssertNamed(
        Receive with { MaxDestinationReadAtomic = 17 }, ReceiveMask, "MaxDestinationReadAtomic is 17");

    [Fact]
    public void An_mtu_past_the_port_is_named() => AssertNamed(
        Receive with { PathMtu = Mtu.Bytes4096 }, ReceiveMask, "PathMtu Bytes4096");

    [Fact]
    public void An_empty_place_of_the_gid_table_is_named() => AssertNamed(
        Receive with { AddressVector = Receive.AddressVector with { SourceGidIndex = 9 } }, ReceiveMask, "gid index 9");

    [Fact]
    public void A_path_without_gid_is_named_on_ethernet() => AssertNamed(
        Receive with { AddressVector = Receive.AddressVector with { IsGlobal = false } }, ReceiveMask, "GID");

    [Fact]
    public void A_peer_that_cannot_be_reached_is_named_and_its_kind_says_so()
    {
        VerbsException refused = AssertNamed(Receive, ReceiveMask, "10.0.0.2", Errno.ENETUNREACH);
        Assert.Equal(VerbsErrorKind.Unreachable, refused.Kind);
    }

    private static VerbsException AssertNamed(
        QueuePairAttributes attributes, QueuePairAttributeMask mask, string text, Errno errno = Errno.EINVAL)
    {
        using var pair = new Pair();
        using PreparedQueuePair prepared =
            QueuePair.Builder(pair.Domain).WithCompletionQueue(pair.Queue).Build();
        pair.Fake.QueuePairs[^1].NextModify = errno;
        VerbsException refused = Assert.Throws<VerbsException>(() => prepared.Modify(attributes, mask));
        Assert.Contains(text, refused.Message, StringComparison.Ordinal);
        Assert.Contains($"QP {prepared.Number}, Init to ", refused.Message, StringComparison.Ordinal);
        return refused;
    }
}
