namespace Scatterlist.Vrtd.Emulator.Tests.Pure;

public sealed class ClockWizardTests
{
    [Fact]
    public void It_starts_at_100_MHz() => Assert.Equal(100_000_000u, new ClockWizard().Rate);

    [Theory]
    [InlineData(100_000_000)]
    [InlineData(250_000_000)]
    [InlineData(300_000_000)]
    [InlineData(333_000_000)]
    [InlineData(2_160_000_000)]
    [InlineData(5_000_000)]
    public void Rates_that_the_pll_can_make_are_made(uint wanted)
    {
        var clock = new ClockWizard();
        Assert.True(clock.TrySet(wanted, roundDown: false));
        Assert.InRange(clock.Rate, wanted - 500_000, wanted + 500_000);
    }

    [Fact]
    public void The_nearest_rate_of_whole_factors_is_found()
    {
        // By hand: 4200 MHz / 13 = 323.0769 MHz; nothing that M 4..432, D 1..123 and O 2..511 make is nearer to 323.07.
        Assert.True(ClockWizard.TryFind(323_076_923, roundDown: false, out double achieved));
        Assert.Equal(4_200_000_000.0 / 13, achieved, 0.01);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3_000_000)]
    [InlineData(2_200_000_000)]
    [InlineData(4_000_000_000)]
    public void Rates_out_of_reach_fail_and_change_nothing(uint wanted)
    {
        var clock = new ClockWizard();
        Assert.True(clock.TrySet(250_000_000, roundDown: false));
        Assert.False(clock.TrySet(wanted, roundDown: false));
        Assert.Equal(250_000_000u, clock.Rate);
    }

    [Fact]
    public void Rounding_down_never_exceeds_the_wanted_rate()
    {
        var random = new Random(7);
        for (int i = 0; i < 200; i++)
        {
            uint wanted = (uint)random.Next(5_000_000, 1_000_000_000);
            if (ClockWizard.TryFind(wanted, roundDown: true, out double achieved))
                Assert.True(achieved <= wanted, $"{achieved} for {wanted}");
        }
    }
}
