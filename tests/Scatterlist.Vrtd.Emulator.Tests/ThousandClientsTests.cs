using Scatterlist.Testing;
using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Emulator.Tests;

/// <summary>Counts every descriptor of the process, so that nothing else may run meanwhile.</summary>
[Collection(nameof(Alone))]
public sealed class ThousandClientsTests
{
    [Fact]
    public void A_thousand_clients_that_allocate_and_die_leave_nothing()
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start();
        using (var first = new WireClient(daemon))
            first.Open(1).Dispose(); // whatever the runtime opens once is open now
        FdCounter descriptors = FdCounter.Start();
        Parallel.For(0, 1000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            using var client = new WireClient(daemon);
            using WireReply opened = client.Open(1, i % 2 == 0 ? BufferAllocType.Ddr : BufferAllocType.HbmVnoc);
            using WireReply raw = client.OpenRaw(opened.Buffer.PhysicalAddress, 4096);
            Posix.Write(raw.Fd, Bytes.Pattern(i, 4096), opened.Buffer.PhysicalAddress);
            if (i % 3 == 0)
                client.Send(Opcode.BufferOpen, Requests.Of(Opcode.BufferOpen)); // dies before the answer
            if (i % 7 == 0)
                client.SendRaw([1, 2, 3]);
        });
        Eventually.True(() => daemon.GetStatistics().Connections == 0, "all connections end");
        EmulatorStatistics after = daemon.GetStatistics();
        Assert.Equal(
            (0, 1, 0UL, 0UL), (after.Buffers, after.QueuePairs, after.AllocatedBytes, after.CommittedBytes));
        Assert.Null(daemon.UnexpectedError);
        descriptors.AssertNothingNew();
    }

    [CollectionDefinition(nameof(Alone), DisableParallelization = true)]
    public sealed class Alone;
}
