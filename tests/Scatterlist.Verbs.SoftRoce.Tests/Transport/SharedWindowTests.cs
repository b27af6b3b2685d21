using Scatterlist.Verbs.SoftRoce.Objects;
using Scatterlist.Verbs.SoftRoce.Wire;

namespace Scatterlist.Verbs.SoftRoce.Tests.Transport;

/// <summary>Many queue pairs to one peer: its socket's buffer is one, and so is the window.</summary>
public sealed class SharedWindowTests
{
    private const int Pairs = 64;
    private const int Length = 100 * 1024;

    [Theory]
    [InlineData(WorkRequestOpcode.RdmaWrite)]
    [InlineData(WorkRequestOpcode.RdmaRead)]
    [InlineData(WorkRequestOpcode.FetchAndAdd)]
    public void Queue_pairs_of_one_path_have_no_more_on_their_way_than_it_holds(WorkRequestOpcode opcode)
    {
        using var network = new SimulatedNetwork(1) { Room = int.MaxValue };
        SoftContext nic = network.AddNic(1);
        SimulatedPath path = network.PathBetween(SimulatedNetwork.AddressOf(1), RawPeer.Own);
        List<Endpoint> endpoints = [];
        for (uint i = 0; i < Pairs; i++)
        {
            var endpoint = new Endpoint(nic, memory: Length);
            endpoints.Add(endpoint);
            endpoint.Connect(RawPeer.Own, RawPeer.Number + i);
            Post(endpoint, opcode, 1);
            Post(endpoint, opcode, 2);
        }

        network.Step();
        int slice = opcode == WorkRequestOpcode.RdmaRead ? path.WindowPackets / 2 : 0;
        Assert.InRange(path.Outstanding, path.WindowPackets, path.WindowPackets + slice);
        if (slice == 0)
            Assert.Equal(path.WindowPackets, network.Captured.Count);

        // What one does not use any more others get, also when nothing comes that would wake anybody.
        network.Captured.Clear();
        foreach (Endpoint endpoint in endpoints[..^1])
            Assert.Equal(Errno.None, endpoint.Modify(QueuePairState.Error));
        Assert.NotEmpty(network.Captured);
        Assert.Equal(
            endpoints[^1].QueuePair.Attributes.DestinationQueuePairNumber, network.Captured[^1].DestinationQueuePair);
        endpoints.ForEach(endpoint => endpoint.Dispose());
        Assert.Equal(0, path.Outstanding);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.03)]
    public void All_of_them_come_to_their_end_and_none_waits_for_the_last_one(double loss)
    {
        using var network = new SimulatedNetwork(2) { Loss = loss, Duplication = loss, Reordering = loss };
        SoftContext left = network.AddNic(1);
        SoftContext right = network.AddNic(2);
        List<(Endpoint From, Endpoint To)> pairs = [];
        for (int i = 0; i < Pairs; i++)
        {
            var from = new Endpoint(left, memory: Length);
            var to = new Endpoint(right, memory: Length);
            pairs.Add((from, to));
            from.Connect(SimulatedNetwork.AddressOf(2), to.QueuePair.Number);
            to.Connect(SimulatedNetwork.AddressOf(1), from.QueuePair.Number);
            new Random(i).NextBytes(from.Memory);
        }

        for (ulong round = 0; round < 3; round++)
        {
            foreach ((Endpoint from, Endpoint to) in pairs)
            {
                Assert.Equal(Errno.None, from.Post(
                    Endpoint.Entry(
                        round, round == 1 ? WorkRequestOpcode.RdmaRead : WorkRequestOpcode.RdmaWrite,
                        remoteAddress: (ulong)to.AddressOf(0), remoteKey: to.RemoteKey),
                    from.Piece(0, Length)));
            }
        }

        int most = 0;
        network.Run(() =>
        {
            most = Math.Max(most, network.PathBetween(SimulatedNetwork.AddressOf(1), SimulatedNetwork.AddressOf(2)).Outstanding);
            pairs.ForEach(pair => pair.From.Poll());
            return pairs.TrueForAll(pair => pair.From.Sent.Count == 3);
        });
        Assert.InRange(most, 32, 64 + 32);
        foreach ((Endpoint from, Endpoint to) in pairs)
        {
            Assert.All(from.Sent, completion => Assert.True(completion.IsSuccess, completion.ToString()));
            Assert.True(from.Memory.AsSpan().SequenceEqual(to.Memory));
            from.Dispose();
            to.Dispose();
        }

        Assert.Equal(
            0, network.PathBetween(SimulatedNetwork.AddressOf(1), SimulatedNetwork.AddressOf(2)).Outstanding);
    }

    [Fact]
    public void A_queue_pair_that_waits_for_ever_keeps_no_room_from_others()
    {
        using var network = new SimulatedNetwork(1) { Room = int.MaxValue };
        SoftContext nic = network.AddNic(1);
        using var patient = new Endpoint(nic);
        using var other = new Endpoint(nic);
        patient.Connect(RawPeer.Own, 7, options => options.Timeout = 0);
        other.Connect(RawPeer.Own, 8);
        Post(patient, WorkRequestOpcode.RdmaWrite, 1);
        network.Captured.Clear();
        Post(other, WorkRequestOpcode.RdmaWrite, 1);
        Assert.Contains(network.Captured, packet => packet.Opcode == Opcode.RcWriteFirst);
    }

    private static void Post(Endpoint endpoint, WorkRequestOpcode opcode, ulong id) => Assert.Equal(
        Errno.None,
        opcode == WorkRequestOpcode.FetchAndAdd
            ? endpoint.Post(Endpoint.Atomic(id, opcode, 0x5000, 1, 1), endpoint.Piece(0, 8))
            : endpoint.Post(Endpoint.Entry(id, opcode, remoteAddress: 0x5000, remoteKey: 1), endpoint.Piece(0, Length)));
}
