using Scatterlist.Verbs.SoftRoce.Engine;

namespace Scatterlist.Verbs.SoftRoce.Tests.Nic;

/// <summary>Alone, since it needs the number that it has just closed.</summary>
[Collection(nameof(WakeSignalTests))]
[CollectionDefinition(nameof(WakeSignalTests), DisableParallelization = true)]
public sealed class WakeSignalTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_signal_is_taken_as_often_as_its_kind_says(bool counts)
    {
        using WakeSignal signal = WakeSignal.Create(counts);
        Assert.False(signal.TryTake());
        signal.Set();
        signal.Set();
        Assert.True(signal.TryTake());
        Assert.Equal(counts, signal.TryTake());
        Assert.False(signal.TryTake());
    }

    [Fact]
    public void A_closed_signal_takes_nothing_from_whoever_has_its_number_now()
    {
        WakeSignal closed = WakeSignal.Create(counts: true);
        int number = closed.Descriptor;
        closed.Dispose();
        var others = new List<WakeSignal>();
        try
        {
            while (others.Count < 1000 && !others.Any(other => other.Descriptor == number))
                others.Add(WakeSignal.Create(counts: true));
            WakeSignal successor = Assert.Single(others, other => other.Descriptor == number);
            successor.Set();
            Assert.False(closed.TryTake());
            Assert.True(successor.TryTake());
            closed.Set();
            Assert.False(successor.TryTake());
        }
        finally
        {
            others.ForEach(other => other.Dispose());
        }
    }
}
