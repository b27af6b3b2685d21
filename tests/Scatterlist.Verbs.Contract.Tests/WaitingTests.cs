using Scatterlist.Verbs.Contract.Tests.Media;
using Scatterlist.Verbs.Contract.Tests.Rigs;

namespace Scatterlist.Verbs.Contract.Tests;

/// <summary>Awaiting, scopes and batches: the ways to post and wait beside polling.</summary>
public sealed class WaitingTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Theory]
    [ClassData(typeof(AllMedia))]
    public async Task Every_operation_can_be_awaited(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        CancellationToken deadline = new CancellationTokenSource(Limit).Token;
        Pattern.Fill(1, link.Memory.Bytes(0, 8000));
        link.PostPeerReceive(1, 32_768, 8192);
        MemoryRegion region = link.Region;

        WorkCompletion sent = await link.QueuePair.SendAsync(new SendWorkRequest(region.Gather(0, 8000)), deadline);
        WorkCompletion written = await link.QueuePair.WriteAsync(
            new WriteWorkRequest(region.Gather(0, 8000), link.Target), deadline);
        WorkCompletion read = await link.QueuePair.ReadAsync(
            new ReadWorkRequest(region.Scatter(10_000, 8000), link.Target), deadline);

        Assert.Equal(
            (CompletionStatus.Success, CompletionStatus.Success, CompletionStatus.Success),
            (sent.Status, written.Status, read.Status));
        Pattern.AssertIs(1, link.Memory.Bytes(10_000, 8000));
        Assert.Equal(8000u, link.Peer.NextReceive().ByteLength);
        ValueTask<WorkCompletion> receive = link.QueuePair.ReceiveAsync(
            new ReceiveWorkRequest(region.Scatter(0, 100)), deadline);
        Assert.False(receive.IsCompleted);
        Assert.Equal(Errno.None, link.Peer.Post(Link.Send(60), link.PeerMemory));
        Assert.Equal(60u, (await receive).ByteLength);
        if (rig.Context.Attributes.AtomicCapability == AtomicCapability.None)
            return;
        link.PeerMemory.Write(0, BitConverter.GetBytes(5ul));
        WorkCompletion added = await link.QueuePair.FetchAndAddAsync(
            new FetchAndAddWorkRequest(region.Scatter(0, 8), link.Target, 2), deadline);
        WorkCompletion swapped = await link.QueuePair.CompareAndSwapAsync(
            new CompareAndSwapWorkRequest(region.Scatter(8, 8), link.Target, 7, 1), deadline);
        Assert.True(added.IsSuccess && swapped.IsSuccess);
        Assert.Equal(5ul, BitConverter.ToUInt64(link.Memory.Bytes(0, 8)));
        Assert.Equal(7ul, BitConverter.ToUInt64(link.Memory.Bytes(8, 8)));
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public async Task Many_awaits_of_many_callers_each_get_their_own_end(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect(new LinkOptions { SendDepth = 128 });
        link.PeerMemory.Fill(2, 0, 64 * 1024);
        byte[] expected = Pattern.Make(2, 64 * 1024);

        Task[] callers =
        [
            .. Enumerable.Range(0, 16).Select(caller => Task.Run(async () =>
            {
                nuint mine = (nuint)(caller * 4096);
                for (int i = 0; i < 20; i++)
                {
                    ulong from = (ulong)((caller * 7919 + i * 104_729) % 60_000);
                    WorkCompletion read = await link.QueuePair.ReadAsync(
                        new ReadWorkRequest(link.Region.Scatter(mine, 4000), link.Target.Slice(from)));
                    Assert.Equal(CompletionStatus.Success, read.Status);
                    Assert.True(expected.AsSpan((int)from, 4000).SequenceEqual(link.Memory.Bytes(mine, 4000)));
                }
            })),
        ];

        await Task.WhenAll(callers).WaitAsync(Limit);
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public async Task A_failure_is_a_completion_and_no_exception(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        var wrong = new RemoteMemoryRegion(link.Target.Address, 64, new RemoteKey(link.Target.Key.Value ^ 0x100));

        ValueTask<WorkCompletion> first = link.QueuePair.WriteAsync(
            new WriteWorkRequest(link.Region.Gather(0, 64), wrong));
        ValueTask<WorkCompletion> second = link.QueuePair.WriteAsync(
            new WriteWorkRequest(link.Region.Gather(0, 64), link.Target));

        Assert.Equal(CompletionStatus.RemoteAccessError, (await first).Status);
        Assert.Equal(CompletionStatus.WorkRequestFlushedError, (await second).Status);
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public async Task Cancelling_ends_the_wait_and_not_the_transfer(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        Pattern.Fill(3, link.Memory.Bytes(0, 5000));
        using var cancel = new CancellationTokenSource();
        ValueTask<WorkCompletion> send = link.QueuePair.SendAsync(
            new SendWorkRequest(link.Region.Gather(0, 5000)), cancel.Token); // waits for a receive

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await send);

        link.PostPeerReceive(9, 0, 5000);
        Completion received = link.Peer.NextReceive();
        Assert.Equal((CompletionStatus.Success, 5000u), (received.Status, received.ByteLength));
        link.PeerMemory.AssertHolds(3, 0, 5000);
        link.AssertAlive(); // and the completion that nobody waits for shows nowhere
        link.SendQueue.AssertNone();
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public async Task A_wait_that_takes_long_ends_with_the_message(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        ValueTask<WorkCompletion> receive = link.QueuePair.ReceiveAsync(
            new ReceiveWorkRequest(link.Region.Scatter(0, 100)));
        await Task.Delay(300); // everything has gone to sleep by now
        Assert.False(receive.IsCompleted);

        Assert.Equal(Errno.None, link.Peer.Post(Link.Send(42), link.PeerMemory));

        Assert.Equal(42u, (await receive.AsTask().WaitAsync(Limit)).ByteLength);
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public async Task Disposing_the_queue_pair_ends_every_wait(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        Task<WorkCompletion>[] waits =
        [
            .. Enumerable.Range(0, 10).Select(_ => link.QueuePair.ReceiveAsync(
                new ReceiveWorkRequest(link.Region.Scatter(0, 100))).AsTask()),
            link.QueuePair.SendAsync(new SendWorkRequest(link.Region.Gather(0, 10))).AsTask(),
        ];

        link.QueuePair.Dispose();

        foreach (Task<WorkCompletion> wait in waits)
            Assert.Equal(CompletionStatus.WorkRequestFlushedError, (await wait.WaitAsync(Limit)).Status);
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public async Task A_queue_can_be_waited_for_and_then_polled(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        CancellationToken deadline = new CancellationTokenSource(Limit).Token;
        for (ulong i = 0; i < 30; i++)
        {
            link.PostReceive(i);
            ValueTask wait = link.ReceiveQueue.WaitAsync(deadline);
            Assert.Equal(Errno.None, link.Peer.Post(Link.Send(10), link.PeerMemory));
            await wait;
            Assert.True(link.ReceiveQueue.TryPoll(out WorkCompletion completion));
            Assert.Equal(i, completion.Id);
        }

        using var cancel = new CancellationTokenSource();
        ValueTask forever = link.ReceiveQueue.WaitAsync(cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await forever);
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_scope_ends_when_all_its_work_is_done(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        for (ulong round = 1; round <= 10; round++)
        {
            Pattern.Fill(round, link.Memory.Bytes(0, 30_000));
            using (WorkScope scope = link.QueuePair.BeginScope())
            {
                for (nuint i = 0; i < 10; i++)
                {
                    Assert.Equal(
                        Errno.None,
                        scope.PostWrite(
                            new WriteWorkRequest(link.Region.Gather(i * 3000, 3000), link.Target.Slice(i * 3000))));
                }

                Assert.Equal(10, scope.Posted);
            }

            link.PeerMemory.AssertHolds(round, 0, 30_000); // without a poll
        }
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_scope_tells_each_completion_and_the_first_failure(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        var wrong = new RemoteMemoryRegion(link.Target.Address, 64, new RemoteKey(link.Target.Key.Value ^ 0x100));
        using WorkScope scope = link.QueuePair.BeginScope();

        Assert.Equal(
            Errno.None,
            scope.PostRead(new ReadWorkRequest(link.Region.Scatter(0, 64), link.Target), out ScopedWork read, 7));
        WorkCompletion completion = scope.Wait(read);
        Assert.Equal((7ul, CompletionStatus.Success), (completion.Id, completion.Status));
        Assert.Null(scope.FirstFailure);
        Assert.Equal(
            Errno.None, scope.PostWrite(new WriteWorkRequest(link.Region.Gather(0, 64), wrong), out ScopedWork write));
        Assert.Equal(CompletionStatus.RemoteAccessError, scope.Wait(write).Status);
        Assert.Equal(CompletionStatus.RemoteAccessError, scope.FirstFailure!.Value.Status);
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_scope_that_runs_out_of_patience_flushes_its_work(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();

        using (WorkScope scope = link.QueuePair.BeginScope(TimeSpan.FromMilliseconds(50)))
            Assert.Equal(Errno.None, scope.PostSend(new SendWorkRequest(link.Region.Gather(0, 10)))); // no receive

        Assert.Equal(QueuePairState.Error, link.QueuePair.State);
        link.SendQueue.AssertNone();
    }
}
