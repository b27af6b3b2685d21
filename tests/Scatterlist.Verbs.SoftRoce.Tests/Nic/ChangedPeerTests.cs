using Scatterlist.Verbs.SoftRoce.Engine;
using Scatterlist.Verbs.SoftRoce.Objects;
using Scatterlist.Verbs.SoftRoce.Tests.Transport;

namespace Scatterlist.Verbs.SoftRoce.Tests.Nic;

/// <summary>A queue pair that is given another peer's address while it is connected.</summary>
public sealed class ChangedPeerTests
{
    [Fact]
    public void What_the_former_peer_sends_is_not_taken_any_more()
    {
        using SoftContext own = NicEngine.Open(new SoftNicOptions());
        using SoftContext former = NicEngine.Open(new SoftNicOptions());
        using SoftContext later = NicEngine.Open(new SoftNicOptions());
        using var receiver = new Endpoint(own);
        using var sender = new Endpoint(former);
        receiver.Connect(GidOf(former), sender.QueuePair.Number);
        sender.Connect(
            GidOf(own), receiver.QueuePair.Number, options => (options.Timeout, options.RetryCount) = (10, 0));
        for (ulong id = 0; id < 3; id++)
            Assert.Equal(Errno.None, receiver.PostReceive(id, receiver.Piece(0, 8)));
        for (int i = 0; i < 2; i++)
            Send();
        Assert.All(sender.Sent, sent => Assert.True(sent.IsSuccess));
        Assert.Equal(2, receiver.Received.Count);

        Assert.Equal(Errno.None, receiver.Modify(QueuePairState.SendQueueDrain));
        var attributes = new QueuePairAttributes { AddressVector = new AddressHandleAttributes(GidOf(later)) };
        Assert.Equal(
            Errno.None,
            receiver.Modify(QueuePairState.SendQueueDrain, QueuePairAttributeMask.AddressVector, attributes));
        Send();
        Assert.Equal(CompletionStatus.RetryExceededError, sender.Sent[2].Status);
        Assert.Equal(2, receiver.Received.Count);

        void Send()
        {
            int before = sender.Sent.Count;
            Assert.Equal(
                Errno.None, sender.Post(Endpoint.Entry(1, WorkRequestOpcode.Send), sender.Piece(0, 8)));
            Eventually.True(
                () =>
                {
                    receiver.Poll();
                    sender.Poll();
                    return sender.Sent.Count > before;
                },
                "the message completes");
            receiver.Poll();
        }
    }

    private static Gid GidOf(SoftContext nic) => nic.Engine.Gids[0].Gid;
}
