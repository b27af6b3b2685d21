using Scatterlist.Vrtd.DataPath;

namespace Scatterlist.Vrtd.Tests;

/// <summary>Which queue moves what, with one queue pair and with two.</summary>
public sealed class TransferPlanTests
{
    private const ulong Hbm = 0x40_0000_0000;
    private const ulong HbmMiddle = Hbm + (16ul << 30);
    private const ulong Ddr = 0x600_0000_0000;

    [Fact]
    public void A_single_queue_moves_it_whole() =>
        Assert.Equal([new TransferPiece(0, 0, Ddr + 5, 1 << 20)], Plan(Ddr + 5, 1 << 20, 1));

    [Theory]
    [InlineData(8192ul, 4096ul)]
    [InlineData(20000ul, 8192ul)]
    [InlineData(1ul << 22, 1ul << 21)]
    public void Ddr_splits_in_half_at_a_page(ulong length, ulong first) => Assert.Equal(
        [new TransferPiece(0, 0, Ddr, first), new TransferPiece(1, first, Ddr + first, length - first)],
        Plan(Ddr, length, 2));

    [Theory]
    [InlineData(1ul)]
    [InlineData(8191ul)]
    public void A_tiny_ddr_transfer_stays_on_the_primary_queue(ulong length) =>
        Assert.Equal([new TransferPiece(0, 0, Ddr, length)], Plan(Ddr, length, 2));

    [Fact]
    public void The_lower_half_of_hbm_is_channel_0_and_the_upper_half_channel_1()
    {
        Assert.Equal([new TransferPiece(0, 0, Hbm, 1 << 20)], Plan(Hbm, 1 << 20, 2));
        Assert.Equal([new TransferPiece(0, 0, HbmMiddle - 100, 100)], Plan(HbmMiddle - 100, 100, 2));
        Assert.Equal([new TransferPiece(1, 0, HbmMiddle, 1 << 20)], Plan(HbmMiddle, 1 << 20, 2));
    }

    [Theory]
    [InlineData(4096ul, 4096ul)]
    [InlineData(100ul, 4096ul)]
    [InlineData(5000ul, 8192ul)]
    public void Hbm_across_the_middle_splits_there_with_the_rest_at_the_next_page(ulong before, ulong hostOffset) =>
        Assert.Equal(
            [
                new TransferPiece(0, 0, HbmMiddle - before, before),
                new TransferPiece(1, hostOffset, HbmMiddle, 10_000 - before),
            ],
            Plan(HbmMiddle - before, 10_000, 2));

    [Fact]
    public void Every_plan_covers_its_range_once() => SeededRandom.Run(50, random =>
    {
        ulong address = random.Next(3) switch
        {
            0 => Ddr + (ulong)random.NextInt64(1 << 30),
            1 => Hbm + (ulong)random.NextInt64(32L << 30),
            _ => HbmMiddle - (ulong)random.Next(1 << 22),
        };
        ulong length = 1 + (ulong)random.NextInt64(4 << 20);
        ulong next = address;
        foreach (TransferPiece piece in Plan(address, length, 1 + random.Next(2)))
        {
            Assert.Equal(next, piece.DeviceAddress);
            Assert.Equal(0ul, piece.HostOffset % TransferPlan.Granule);
            Assert.NotEqual(0ul, piece.Length);
            next += piece.Length;
        }

        Assert.Equal(address + length, next);
    });

    private static TransferPiece[] Plan(ulong address, ulong length, int queuePairs)
    {
        TransferPiece[] pieces = new TransferPiece[TransferPlan.MaxPieces];
        return pieces[..TransferPlan.Split(address, length, queuePairs, pieces)];
    }
}
