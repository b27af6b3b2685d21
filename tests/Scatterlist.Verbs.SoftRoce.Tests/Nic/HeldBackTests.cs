namespace Scatterlist.Verbs.SoftRoce.Tests.Nic;

/// <summary>Acknowledgements that a spinning program's NIC holds back, or that nobody asked for: they come.</summary>
public sealed class HeldBackTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_came_is_acknowledged_before_its_queue_pair_goes(bool sameHost)
    {
        for (int i = 0; i < 5; i++)
        {
            using var pair = new NicPair(new SoftNicOptions { SameHost = sameHost });
            pair.Right.Pair.PostReceive(new ReceiveWorkRequest(pair.Right.Region.Scatter(0, 64)), 1);
            Task sends = Task.Run(
                async () =>
                {
                    await Task.Delay(20); // until the other side is known to spin
                    pair.Left.Pair.PostSend(new SendWorkRequest(pair.Left.Region.Gather(0, 64)), 2);
                    pair.Left.Expect(2);
                },
                TestContext.Current.CancellationToken);
            pair.Right.Expect(1);
            pair.Right.Pair.Dispose();
            await sends;
        }
    }

    [Fact]
    public void A_send_that_completes_without_a_word_leaves_its_place_though_nobody_polls()
    {
        using var pair = new NicPair(new SoftNicOptions(), ackTimeout: 0); // nothing is sent again
        int capacity = pair.Left.Pair.Capabilities.MaxSendWorkRequests;
        for (int round = 0; round < 3; round++)
        {
            // One at a time, so that there is never a reason to ask.
            for (int i = 0; i < capacity; i++)
            {
                pair.Right.Pair.PostReceive(new ReceiveWorkRequest(pair.Right.Region.Scatter(0, 64)), 1);
                var request = new SendWorkRequest(pair.Left.Region.Gather(0, 64)) { Unsignaled = true };
                Assert.Equal(Errno.None, pair.Left.Pair.PostSend(request, 2));
                pair.Right.Expect(1);
            }

            Eventually.True(
                () =>
                {
                    pair.Right.Pair.PostReceive(new ReceiveWorkRequest(pair.Right.Region.Scatter(0, 64)), 1);
                    return pair.Left.Pair.PostSend(new SendWorkRequest(pair.Left.Region.Gather(0, 64)), 3) == Errno.None;
                },
                "there is a place again");
            pair.Left.Expect(3);
            pair.Right.Expect(1);
        }
    }
}
