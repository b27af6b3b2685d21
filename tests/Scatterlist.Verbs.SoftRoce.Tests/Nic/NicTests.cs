namespace Scatterlist.Verbs.SoftRoce.Tests.Nic;

/// <summary>Two real NICs in this process, by each medium, through the public API.</summary>
public sealed class NicTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_write_a_read_and_a_send_move_the_bytes(bool sameHost)
    {
        using var pair = new NicPair(new SoftNicOptions { SameHost = sameHost });
        const int Length = 1 << 20;
        pair.Left.Fill(1);
        pair.Right.Fill(2);
        byte[] left = pair.Left.Bytes;
        Assert.Equal(Errno.None, pair.Left.Pair.PostWrite(
            new WriteWorkRequest(pair.Left.Region.Gather(0, Length), pair.Right.Region.Remote), 7));
        pair.Left.Expect(7);
        Assert.Equal(left[..Length], pair.Right.Bytes[..Length]);

        pair.Right.Fill(3);
        Assert.Equal(Errno.None, pair.Left.Pair.PostRead(
            new ReadWorkRequest(pair.Left.Region.Scatter(0, Length), pair.Right.Region.Remote), 8));
        pair.Left.Expect(8);
        Assert.Equal(pair.Right.Bytes[..Length], pair.Left.Bytes[..Length]);

        pair.Left.Fill(4);
        Assert.Equal(Errno.None, pair.Right.Pair.PostReceive(
            new ReceiveWorkRequest(pair.Right.Region.Scatter(0, Length)), 9));
        Assert.Equal(Errno.None, pair.Left.Pair.PostSend(
            new SendWorkRequest(pair.Left.Region.Gather(0, Length)), 10));
        pair.Left.Expect(10);
        pair.Right.Expect(9);
        Assert.Equal(pair.Left.Bytes[..Length], pair.Right.Bytes[..Length]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_nic_works_on_when_nobody_polls(bool sameHost)
    {
        using var pair = new NicPair(new SoftNicOptions { SameHost = sameHost });
        pair.Left.Fill(5);
        for (int i = 0; i < 50; i++)
        {
            pair.Right.Fill((byte)(100 + i));
            pair.Left.Pair.PostWrite(
                new WriteWorkRequest(pair.Left.Region.Gather(0, 64), pair.Right.Region.Remote), (ulong)i);
            Eventually.True(
                () => pair.Right.Span[..64].SequenceEqual(pair.Left.Span[..64]), $"write {i} has landed");
            Thread.Sleep(i % 5);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_long_write_ends_though_nobody_polls(bool sameHost)
    {
        const int Length = 48 << 20; // many slices of a direct write, many turns of packets
        using var pair = new NicPair(new SoftNicOptions { SameHost = sameHost }, bytes: Length);
        for (byte round = 1; round <= 3; round++)
        {
            pair.Left.Span.Fill(round);
            pair.Left.Pair.PostWrite(
                new WriteWorkRequest(pair.Left.Region.Gather(0, Length), pair.Right.Region.Remote), round);
            Eventually.True(() => pair.Right.Span[^1] == round, $"the last byte of round {round} has landed");
            Assert.Equal(-1, pair.Right.Span.IndexOfAnyExcept(round));
            pair.Left.Expect(round);
            Thread.Sleep(30); // both threads fall asleep
        }
    }
}
