using Scatterlist.Verbs.Contract.Tests.Media;
using Scatterlist.Verbs.Contract.Tests.Rigs;

namespace Scatterlist.Verbs.Contract.Tests;

/// <summary>The other process is killed.</summary>
public sealed class PeerDeathTests
{
    public static TheoryData<Medium> Processes()
    {
        TheoryData<Medium> rows = [.. MediumList.All.Where(medium => medium.HasTwoProcesses())];
        if (rows.Count == 0)
            rows.Add(new TheoryDataRow<Medium>(MediumList.All[0]) { Skip = "This run has one process." });
        return rows;
    }

    [Theory]
    [MemberData(nameof(Processes))]
    public void Work_fails_after_its_retries_when_the_peer_is_killed(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect(Rxe.FewRetries);
        link.AssertAlive();
        link.PostReceive(1);

        rig.Peer.Kill();
        link.Post(link.Write(1000, 1));
        link.Post(link.Read(1000, 2));

        IReadOnlyList<Completion> completions = link.SendQueue.Next(2);
        Assert.Equal(CompletionStatus.RetryExceededError, completions[0].Status);
        Assert.Equal(CompletionStatus.WorkRequestFlushedError, completions[1].Status);
        Assert.Equal(CompletionStatus.WorkRequestFlushedError, link.ReceiveQueue.Next().Status);
        link.AssertInError();
    }

    [Theory]
    [MemberData(nameof(Processes))]
    public void A_peer_killed_amid_transfers_costs_only_its_own_queue_pairs(Medium medium)
    {
        using Rig healthy = Rig.Open(medium);
        Link other = healthy.Connect();
        using (Rig rig = Rig.Open(medium))
        {
            Link link = rig.Connect(Rxe.FewRetries);
            for (ulong i = 0; i < 60; i++)
                link.Post(i % 2 == 0 ? link.Write(60_000, i) : link.Read(60_000, i));

            rig.Peer.Kill();

            IReadOnlyList<Completion> completions = link.SendQueue.Next(60);
            int good = completions.TakeWhile(wc => wc.Status == CompletionStatus.Success).Count();
            if (good < 60)
            {
                // A kernel's device may still answer while its regions are gone already.
                CompletionStatus last = completions[good].Status;
                if (!Rxe.IsThere || last != CompletionStatus.RemoteAccessError)
                    Assert.Equal(CompletionStatus.RetryExceededError, last);
                Assert.All(
                    completions.Skip(good + 1),
                    wc => Assert.Equal(CompletionStatus.WorkRequestFlushedError, wc.Status));
            }
        }

        other.AssertAlive();
    }
}
