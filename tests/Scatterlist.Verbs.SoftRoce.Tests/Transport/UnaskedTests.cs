using Scatterlist.Verbs.Interop;
using static Scatterlist.Verbs.SoftRoce.Tests.Transport.RequesterSteps;

namespace Scatterlist.Verbs.SoftRoce.Tests.Transport;

/// <summary>Which messages ask to be acknowledged where packets get lost, and what comes of it when one does not.</summary>
public sealed class UnaskedTests
{
    private const uint P = RawPeer.FirstPsn;

    [Fact]
    public void What_completes_without_a_word_asks_only_while_no_round_trip_is_known()
    {
        using var peer = new RawPeer();
        PostSend(peer, 1, 8, SendFlags.None);
        Assert.True(peer.TakeOne().AsksAcknowledge);
        peer.Answer(P);
        PostSend(peer, 2, 8, SendFlags.None);
        Assert.False(peer.TakeOne().AsksAcknowledge);
        PostSend(peer, 3, 8);
        Assert.True(peer.TakeOne().AsksAcknowledge);
        peer.Answer(P + 2);
        Assert.Equal([3ul], Ids(peer));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_peer_that_acknowledges_nothing_by_itself_is_asked_each_time_in_the_end(bool doesOnce)
    {
        using var peer = new RawPeer();
        PostSend(peer, 1, 8, SendFlags.None);
        peer.Take();
        peer.Answer(P);
        uint psn = P + 1;
        if (doesOnce)
        {
            PostSend(peer, 2, 8, SendFlags.None);
            Assert.False(peer.TakeOne().AsksAcknowledge);
            peer.Answer(psn++);
        }

        for (int silences = 0; silences < 4;)
        {
            // After each the window is small, and a small window asks for all.
            PostSend(peer, 3, 8, SendFlags.None);
            if (!peer.TakeOne().AsksAcknowledge)
            {
                peer.Network.Stall(0.005); // the probe is due, long before the timeout
                for (int turn = 0; turn < 16; turn++)
                    peer.Nic.Engine.Progress();
                SimulatedPacket again = peer.TakeOne();
                Assert.Equal((psn, true), (again.Sequence, again.AsksAcknowledge));
                silences++;
            }

            peer.Answer(psn++);
        }

        bool areAllAsked = true;
        for (int i = 0; i < 200; i++)
        {
            PostSend(peer, 4, 8, SendFlags.None);
            areAllAsked &= peer.TakeOne().AsksAcknowledge;
            peer.Answer(psn++);
        }

        Assert.Equal(!doesOnce, areAllAsked);
    }

    [Fact]
    public void A_queue_that_fills_asks_so_that_it_empties_without_completions()
    {
        const int Depth = 8;
        using var peer = new RawPeer(make: nic => new Endpoint(nic, depth: Depth));
        PostSend(peer, 1, 8, SendFlags.None);
        peer.Take();
        peer.Answer(P);
        uint next = P + 1;
        for (int i = 0; i < 3 * Depth; i++)
        {
            PostSend(peer, 2, 8, SendFlags.None);
            if (peer.TakeOne().AsksAcknowledge)
                peer.Answer(next);
            next++;
        }
    }
}
