using System.Diagnostics;
using System.Globalization;
using Scatterlist.Verbs.SoftRoce.Engine;
using Scatterlist.Verbs.SoftRoce.Objects;

namespace Scatterlist.Verbs.SoftRoce.Tests.Nic;

public sealed class ManyQueuePairsTests
{
    private const int Pairs = 64;
    private const int Length = 256 << 10;
    private const int Mtu = 4096;

    [Fact]
    public void Sixty_four_queue_pairs_do_not_overrun_the_socket_of_their_peer()
    {
        var options = new SoftNicOptions { SameHost = false };
        SoftContext receiver = NicEngine.Open(options);
        using Context left = SoftNic.Open(options);
        using var right = new Context(receiver, "right", "test");
        using ProtectionDomain leftDomain = left.AllocateDomain();
        using ProtectionDomain rightDomain = right.AllocateDomain();
        using CompletionQueue leftQueue = left.CreateCompletionQueue(2 * Pairs);
        using CompletionQueue rightQueue = right.CreateCompletionQueue(16);
        using HostBuffer source = HostBuffer.Allocate(Length);
        using HostBuffer sink = HostBuffer.Allocate(Length);
        using MemoryRegion from = leftDomain.Register(source, AccessFlags.LocalWrite);
        using MemoryRegion to = rightDomain.Register(sink, AccessFlags.LocalWrite | AccessFlags.RemoteWrite);
        var pairs = new List<QueuePair>();
        var senders = new List<QueuePair>();
        for (int i = 0; i < Pairs; i++)
        {
            PreparedQueuePair one = QueuePair.Builder(leftDomain).WithCompletionQueue(leftQueue).Build();
            PreparedQueuePair other = QueuePair.Builder(rightDomain).WithCompletionQueue(rightQueue)
                .WithAccess(AccessFlags.RemoteWrite).Build();
            QueuePairEndpoint endpoint = one.Endpoint;
            senders.Add(one.Handshake(other.Endpoint));
            pairs.Add(senders[^1]);
            pairs.Add(other.Handshake(endpoint));
        }

        const int Rounds = 2;
        receiver.Engine.Enter(); // as one that has no processor
        foreach (QueuePair sender in senders)
        {
            for (ulong round = 0; round < Rounds; round++)
                Assert.Equal(Errno.None, sender.PostWrite(new WriteWorkRequest(from.Gather(), to.Remote), round));
        }

        Thread.Sleep(20);
        long dropped = DropsOf(right);
        receiver.Engine.Exit();
        Assert.Equal(0, dropped);

        var completions = new WorkCompletion[16];
        int done = 0;
        var clock = Stopwatch.StartNew();
        while (done < Rounds * Pairs)
        {
            int count = leftQueue.Poll(completions);
            Assert.All(completions[..count], completion => Assert.True(completion.IsSuccess, completion.ToString()));
            done += count;
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"{done} writes complete in 60 s");
        }

        Assert.InRange(DropsOf(right), 0, Rounds * Pairs * (Length / Mtu) / 20);
        pairs.ForEach(pair => pair.Dispose());
    }

    /// <summary>Packets that found no room in the socket of a NIC; the last column of /proc/net/udp.</summary>
    private static long DropsOf(Context nic)
    {
        byte[] address = nic.GetDefaultGid().Gid.ToAddress().MapToIPv4().GetAddressBytes();
        string local = BitConverter.ToUInt32(address).ToString("X8", CultureInfo.InvariantCulture) + ":12B7";
        string line = File.ReadLines("/proc/net/udp").Single(line => line.Contains(local, StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^1], CultureInfo.InvariantCulture);
    }
}
