using Scatterlist.Testing;
using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Emulator.Tests;

public sealed class ConcurrencyTests
{
    private const ulong Granule = 64UL << 20;

    [Fact]
    public void No_two_clients_ever_own_the_same_memory()
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start();
        var owners = new int[1024];
        Parallel.For(1, 5, who =>
        {
            var random = new Random(who);
            using var client = new WireClient(daemon);
            var mine = new List<BufferOpenResponse>();
            for (int i = 0; i < 400; i++)
            {
                if (mine.Count > 8 || (mine.Count > 0 && random.Next(2) == 0))
                {
                    BufferOpenResponse victim = mine[^1];
                    mine.RemoveAt(mine.Count - 1);
                    foreach (int granule in GranulesOf(victim))
                        Assert.Equal(who, Interlocked.Exchange(ref owners[granule], 0));
                    Assert.Equal(VrtdReturnCode.Ok, client.Close(victim.PhysicalAddress, victim.Size));
                    continue;
                }

                BufferAllocType type = (BufferAllocType)(random.Next(2) * 2);
                using WireReply opened = client.Open((ulong)random.Next(1, 9) * Granule, type);
                if (opened.Code == VrtdReturnCode.Busy)
                    continue;
                foreach (int granule in GranulesOf(opened.Buffer))
                    Assert.Equal(0, Interlocked.Exchange(ref owners[granule], who));
                Assert.Equal(0UL, BitConverter.ToUInt64(Posix.ReadBytes(opened.Fd, 8, opened.Buffer.PhysicalAddress)));
                Posix.Write(opened.Fd, BitConverter.GetBytes(ulong.MaxValue), opened.Buffer.PhysicalAddress);
                mine.Add(opened.Buffer);
            }

            // The rest is freed by the disconnect, from when on it may be another's.
            foreach (int granule in mine.SelectMany(GranulesOf))
                Assert.Equal(who, Interlocked.Exchange(ref owners[granule], 0));
        });
        AssertEmpty(daemon);
    }

    [Fact]
    public void Resets_in_the_middle_of_everything_leave_the_tables_whole()
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start(new EmulatorOptions { ResetDuration = TimeSpan.Zero });
        Parallel.For(0, 4, who =>
        {
            var random = new Random(who);
            using var client = new WireClient(daemon);
            for (int i = 0; i < 300; i++)
            {
                if (who == 0)
                {
                    byte[] reset = Requests.Hotplug(HotplugOperation.ResetSequence);
                    Assert.Equal(VrtdReturnCode.Ok, client.CodeOf(Opcode.DeviceHotplug, reset));
                    continue;
                }

                // Away during a reset, gone after one: everything but a crash or a lost granule is right.
                using WireReply opened = client.Open(1);
                if (opened.Code != VrtdReturnCode.Ok)
                    continue;
                if (random.Next(3) != 0)
                    client.Close(opened.Buffer.PhysicalAddress, opened.Buffer.Size);
                using WireReply raw = client.OpenRaw(opened.Buffer.PhysicalAddress, 1);
            }
        });
        AssertEmpty(daemon);
    }

    private static void AssertEmpty(EmulatedDaemon daemon)
    {
        Eventually.True(() => daemon.GetStatistics().Connections == 0, "all connections end");
        EmulatorStatistics after = daemon.GetStatistics();
        Assert.Equal((0, 1, 0UL, 0UL), (after.Buffers, after.QueuePairs, after.AllocatedBytes, after.CommittedBytes));
        Assert.Null(daemon.UnexpectedError);
    }

    private static IEnumerable<int> GranulesOf(BufferOpenResponse buffer)
    {
        bool isDdr = buffer.PhysicalAddress >= SubregionMap.DdrBase;
        ulong first = (buffer.PhysicalAddress - (isDdr ? SubregionMap.DdrBase : SubregionMap.HbmBase)) / Granule;
        return Enumerable.Range((int)first + (isDdr ? 512 : 0), (int)(buffer.Size / Granule));
    }
}
