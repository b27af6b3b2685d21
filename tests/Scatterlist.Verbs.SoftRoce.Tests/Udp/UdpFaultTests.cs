using Scatterlist.Verbs.SoftRoce.Engine.Udp;
using static Scatterlist.Verbs.SoftRoce.Tests.Udp.UdpFixture;

namespace Scatterlist.Verbs.SoftRoce.Tests.Udp;

public sealed class UdpFaultTests
{
    private const int Count = 4000;

    [Fact]
    public void Lost_packets_do_not_arrive()
    {
        (List<uint> sequence, UdpPort receiver) = Send(new UdpFaults(Loss: 10));
        Assert.InRange(sequence.Count, Count * 0.85, Count * 0.95);
        Assert.Equal(sequence.Order().Distinct(), sequence);
        Assert.Equal(0, receiver.Counters.BadIcrc);
    }

    [Fact]
    public void Doubled_packets_arrive_twice()
    {
        (List<uint> sequence, _) = Send(new UdpFaults(Duplication: 10));
        Assert.InRange(sequence.Count, Count * 1.05, Count * 1.15);
        Assert.Equal(Enumerable.Range(0, Count).Select(i => (uint)i), sequence.Distinct());
    }

    [Fact]
    public void Reordered_packets_arrive_later_but_arrive()
    {
        (List<uint> sequence, UdpPort receiver) = Send(new UdpFaults(Reordering: 10));
        Assert.Equal(Enumerable.Range(0, Count).Select(i => (uint)i), sequence.Order());
        Assert.InRange(sequence.Zip(sequence.Skip(1)).Count(pair => pair.First > pair.Second), Count * 0.03, Count * 0.11);
        Assert.Equal(0, receiver.Counters.BadIcrc);
    }

    [Fact]
    public void Damaged_packets_are_dropped_by_the_receiver()
    {
        (List<uint> sequence, UdpPort receiver) = Send(new UdpFaults(Corruption: 10));
        Assert.InRange(receiver.Counters.BadIcrc, Count * 0.05, Count * 0.15);
        Assert.InRange(sequence.Count + receiver.Counters.BadIcrc, Count, Count + 20);
        Assert.Equal(sequence.Order().Distinct(), sequence);
    }

    [Fact]
    public void A_seed_does_the_same_again()
    {
        var faults = new UdpFaults(2, 2, 2, 2, Seed: 42);
        List<uint> first = Send(faults).Sequence;
        Assert.Equal(first, Send(faults).Sequence);
        Assert.NotEqual(first, Send(faults with { Seed = 43 }).Sequence);
    }

    [Fact]
    public void Faults_are_read_from_text()
    {
        Assert.Equal(new UdpFaults(1, 0.5, 2, 0.25, 7), UdpFaults.Parse("loss=1, dup=0.5,reorder=2,corrupt=0.25,seed=7"));
        Assert.Equal(new UdpFaults(), UdpFaults.Parse(""));
    }

    [Theory]
    [InlineData("loss")]
    [InlineData("loss=x")]
    [InlineData("loss=-1")]
    [InlineData("loss=101")]
    [InlineData("rain=1")]
    public void Text_that_is_no_fault_is_refused(string text) =>
        Assert.Contains(text, Assert.Throws<FormatException>(() => UdpFaults.Parse(text)).Message, StringComparison.Ordinal);

    private static (List<uint> Sequence, UdpPort Receiver) Send(UdpFaults faults)
    {
        using UdpPort sender = Open(new UdpPortOptions { Faults = faults });
        UdpPort receiver = Open();
        UdpPath path = sender.CreatePath(receiver.Local);
        using HostBuffer memory = HostBuffer.Allocate(4096);
        var keeper = new Keeper();
        for (int i = 0; i < Count + 20; i++)
        {
            // The last ones only push out what was held back.
            Assert.True(path.TryQueue(Header((uint)i), [new(memory.Address, 200)], 0, 0, 64));
            if (i % 32 == 0)
                path.Flush();
            receiver.Receive(keeper, 1000);
        }

        path.Flush();
        for (int quiet = 0; quiet < 50; quiet++)
        {
            if (receiver.Receive(keeper, 1000) == 0)
                Thread.Sleep(1);
            else
                quiet = 0;
        }

        using (receiver)
            return ([.. keeper.Sequence.Where(psn => psn < Count)], receiver);
    }
}
