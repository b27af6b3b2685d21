using Scatterlist.Verbs.SoftRoce.Objects;

namespace Scatterlist.Verbs.SoftRoce.Tests.Transport;

/// <summary>Both directions at once, on a wire that behaves as badly as its seed says.</summary>
public sealed class LossyTrafficTests
{
    private const int MaxLength = 5000;

    [Theory]
    [InlineData(0, 0, 0, 20_000)]
    [InlineData(0.01, 0, 0, 20_000)]
    [InlineData(0.05, 0, 0, 10_000)]
    [InlineData(0, 0.05, 0, 20_000)]
    [InlineData(0, 0, 0.05, 20_000)]
    [InlineData(0.05, 0.05, 0.05, 20_000)]
    public void Everything_completes_once_and_in_order(
        double loss, double duplication, double reordering, int operations) =>
        SeededRandom.Run(1, random => Run(random, operations, network =>
        {
            network.Loss = loss;
            network.Duplication = duplication;
            network.Reordering = reordering;
        }));

    [Fact]
    public void So_it_does_on_a_path_that_loses_nothing() => SeededRandom.Run(
        1,
        random => Run(random, 20_000, network =>
        {
            network.IsReliable = true;
            network.MaxPayload = 2000;
        }));

    private static void Run(Random random, int operations, Action<SimulatedNetwork> change)
    {
        using var network = new SimulatedNetwork(random.Next()) { Room = random.Next(1, 40) };
        change(network);
        int memory = RandomTraffic.MemoryFor(MaxLength);
        using var a = new Endpoint(network.AddNic(1), memory: memory);
        using var b = new Endpoint(network.AddNic(2), memory: memory);
        byte reads = (byte)random.Next(1, 5);
        void Options(ConnectOptions options)
        {
            options.Mtu = random.Next(2) == 0 ? Mtu.Bytes256 : Mtu.Bytes1024;
            options.MaxReadAtomic = options.MaxDestinationReadAtomic = reads;
        }

        var mtu = (Mtu)random.Next(1, 4);
        uint psn = (uint)random.Next(1 << 24);
        a.Connect(SimulatedNetwork.AddressOf(2), b.QueuePair.Number, options =>
        {
            Options(options);
            (options.Mtu, options.SendPsn, options.ReceivePsn) = (mtu, psn, 0xff_fff0);
        });
        b.Connect(SimulatedNetwork.AddressOf(1), a.QueuePair.Number, options =>
        {
            Options(options);
            (options.Mtu, options.SendPsn, options.ReceivePsn) = (mtu, 0xff_fff0, psn);
        });
        var there = new RandomTraffic(a, b, random, operations, MaxLength);
        var back = new RandomTraffic(b, a, random, operations / 4, MaxLength);
        there.Prepare();
        back.Prepare();
        long limit = network.Now + (System.Diagnostics.Stopwatch.Frequency * 600);
        while (!there.IsDone || !back.IsDone)
        {
            there.Work();
            back.Work();
            network.Step();
            Assert.True(network.Now < limit, "It stands still.");
        }

        network.Run(0.01);
        there.CheckEnd();
        back.CheckEnd();
    }
}
