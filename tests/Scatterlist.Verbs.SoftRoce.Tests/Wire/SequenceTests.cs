using Scatterlist.Verbs.SoftRoce.Wire;

namespace Scatterlist.Verbs.SoftRoce.Tests.Wire;

public sealed class SequenceTests
{
    [Theory]
    [InlineData(0u, 0u, 0)]
    [InlineData(1u, 0u, 1)]
    [InlineData(0u, 1u, -1)]
    [InlineData(0u, 0xffffffu, 1)]
    [InlineData(0xffffffu, 0u, -1)]
    [InlineData(0x7fffffu, 0u, 0x7fffff)]
    [InlineData(0x800000u, 0u, -0x800000)]
    public void Numbers_are_compared_around_the_wrap(uint later, uint earlier, int distance)
    {
        Assert.Equal(distance, Psn.Distance(later, earlier));
        Assert.Equal(distance < 0, Psn.IsBefore(later, earlier));
        Assert.Equal(later, Psn.Add(earlier, distance));
    }

    [Fact]
    public void The_next_number_wraps_at_24_bits()
    {
        Assert.Equal(0u, Psn.Next(0xffffff));
        Assert.Equal(0xffffffu, Psn.Add(0, -1));
    }

    [Theory]
    [InlineData(0u, 1024, 1u)]
    [InlineData(1u, 1024, 1u)]
    [InlineData(1024u, 1024, 1u)]
    [InlineData(1025u, 1024, 2u)]
    [InlineData(0x80000000u, 256, 0x800000u)]
    [InlineData(0xffffffffu, 4096, 0x100000u)]
    public void A_message_has_so_many_packets(uint length, int mtu, uint packets) =>
        Assert.Equal(packets, Psn.CountPackets(length, mtu));

    [Fact]
    public void Syndromes_are_told_apart()
    {
        Assert.True(Syndrome.IsAck(Syndrome.Ack));
        Assert.True(Syndrome.IsAck(3));
        byte rnr = Syndrome.RnrNak(14);
        Assert.Equal(0x2e, rnr);
        Assert.True(Syndrome.IsRnrNak(rnr) && !Syndrome.IsAck(rnr) && !Syndrome.IsNak(rnr));
        Assert.Equal(14, Syndrome.ValueOf(rnr));
        Assert.True(Syndrome.IsNak(Syndrome.NakRemoteAccess) && !Syndrome.IsRnrNak(Syndrome.NakRemoteAccess));
        Assert.False(Syndrome.IsAck(0x40) || Syndrome.IsNak(0x40) || Syndrome.IsRnrNak(0x40)); // reserved
    }

    [Theory]
    [InlineData(0, 655_360)]
    [InlineData(1, 10)]
    [InlineData(12, 640)]
    [InlineData(14, 1_280)]
    [InlineData(26, 81_920)]
    [InlineData(31, 491_520)]
    public void Receiver_not_ready_times_are_those_of_the_table(byte code, long microseconds) =>
        Assert.Equal(microseconds, TimerTables.RnrDelay(code));

    [Fact]
    public void Receiver_not_ready_times_grow_from_code_1_to_31()
    {
        for (byte code = 2; code < TimerTables.RnrCodes; code++)
            Assert.True(TimerTables.RnrDelay(code) > TimerTables.RnrDelay((byte)(code - 1)));
        Assert.Equal(0, TimerTables.AckTimeout(0));
        Assert.Equal(67_108.864, TimerTables.AckTimeout(14), 3);
    }

    [Fact]
    public void Credit_codes_follow_the_table()
    {
        int[] start = [0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96];
        for (byte code = 0; code < start.Length; code++)
            Assert.Equal(start[code], TimerTables.Credits(code));
        Assert.Equal(32768, TimerTables.Credits(30));
        Assert.Null(TimerTables.Credits(31));
    }
}
