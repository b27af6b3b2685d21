namespace Scatterlist.Verbs.Tests.SoftNics;

/// <summary>The waiting paths over a NIC that really moves the bytes.</summary>
public sealed class SoftNicTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Every_awaited_operation_moves_its_bytes(bool sameHost)
    {
        using var pair = new NicPair(sameHost);
        QueuePair left = pair.Left.QueuePair;
        MemoryRegion here = pair.Left.Region;
        RemoteMemoryRegion there = pair.Right.Region.Remote;
        byte[] bytes = new byte[65536];
        new Random(3).NextBytes(bytes);
        bytes.CopyTo(pair.Left.Buffer.AsSpan());

        Succeed(await left.WriteAsync(new WriteWorkRequest(here.Gather(), there)));
        Assert.True(pair.Right.Buffer.AsSpan().SequenceEqual(bytes));
        pair.Left.Buffer.Zero();
        Succeed(await left.ReadAsync(new ReadWorkRequest(here.Scatter(), there)));
        Assert.True(pair.Left.Buffer.AsSpan().SequenceEqual(bytes));

        ValueTask<WorkCompletion> receive =
            pair.Right.QueuePair.ReceiveAsync(new ReceiveWorkRequest(pair.Right.Region.Scatter(100, 50)));
        Succeed(await left.SendAsync(new SendWorkRequest(here.Gather(5, 20)) { Inline = true, Immediate = 77 }));
        WorkCompletion received = await receive;
        Assert.Equal((20u, 77u), (received.ByteLength, received.Immediate));
        Assert.True(pair.Right.Buffer.AsSpan(100, 20).SequenceEqual(bytes.AsSpan(5, 20)));

        BitConverter.TryWriteBytes(pair.Right.Buffer.AsSpan(0, 8), 40ul);
        Succeed(await left.FetchAndAddAsync(new FetchAndAddWorkRequest(here.Scatter(8, 8), there, 2)));
        Assert.Equal(40ul, BitConverter.ToUInt64(pair.Left.Buffer.AsSpan(8, 8)));
        Succeed(await left.CompareAndSwapAsync(
            new CompareAndSwapWorkRequest(here.Scatter(8, 8), there, 42, 100)));
        Assert.Equal(100ul, BitConverter.ToUInt64(pair.Right.Buffer.AsSpan(0, 8)));

        WorkCompletion refused = await left.WriteAsync(
            new WriteWorkRequest(here.Gather(0, 8), new RemoteMemoryRegion(there.Address, 8, new RemoteKey(1))));
        Assert.Equal(CompletionStatus.RemoteAccessError, refused.Status);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_cancelled_receive_still_takes_its_message(bool sameHost)
    {
        using var pair = new NicPair(sameHost);
        using var cancel = new CancellationTokenSource();
        ValueTask<WorkCompletion> receive = pair.Right.QueuePair.ReceiveAsync(
            new ReceiveWorkRequest(pair.Right.Region.Scatter(0, 8)), cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await receive);
        "message!"u8.CopyTo(pair.Left.Buffer.AsSpan(0, 8));
        Succeed(await pair.Left.QueuePair.SendAsync(new SendWorkRequest(pair.Left.Region.Gather(0, 8))));
        Eventually.True(
            () => !pair.Right.Queue.Tracks(pair.Right.QueuePair.Provider), "The receive is still waited for.");
        Assert.Equal("message!"u8.ToArray(), pair.Right.Buffer.AsSpan(0, 8).ToArray());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Scopes_drain_real_work(bool sameHost)
    {
        using var pair = new NicPair(sameHost);
        for (int round = 0; round < 20; round++)
        {
            pair.Left.Buffer.AsSpan().Fill((byte)(round + 1));
            using (WorkScope scope = pair.Left.QueuePair.BeginScope())
            {
                for (nuint i = 0; i < 64; i++)
                {
                    Assert.Equal(Errno.None, scope.PostWrite(new WriteWorkRequest(
                        pair.Left.Region.Gather(i * 1024, 1024), pair.Right.Region.Remote.Slice(i * 1024))));
                }
            }

            Assert.True(pair.Right.Buffer.AsSpan().IndexOfAnyExcept((byte)(round + 1)) < 0);
        }
    }

    [Fact]
    public void Traffic_survives_that_everything_is_disposed_in_any_order() => SeededRandom.Run(20, random =>
    {
        var pair = new NicPair(random.Next(2) == 0);
        IDisposable[] order = [.. pair.Objects];
        random.Shuffle(order);
        Task<int>[] users =
        [
            .. Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
            {
                int failures = 0;
                try
                {
                    while (failures == 0)
                    {
                        WorkCompletion done = await pair.Left.QueuePair.WriteAsync(
                            new WriteWorkRequest(pair.Left.Region.Gather(0, 4096), pair.Right.Region.Remote));
                        failures += done.IsSuccess ? 0 : 1;
                    }
                }
                catch (Exception e) when (e is ObjectDisposedException or VerbsException)
                {
                    failures++; // refused: something was gone already
                }

                return failures;
            })),
        ];
        Thread.Sleep(random.Next(5));
        foreach (IDisposable item in order)
            item.Dispose();
        Assert.True(Task.WaitAll(users, TimeSpan.FromSeconds(30)), "A wait never ended.");
    });

    private static void Succeed(in WorkCompletion completion) => completion.EnsureSuccess();
}
