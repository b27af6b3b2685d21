using System.Buffers.Binary;
using Scatterlist.Verbs.Interop;
using Scatterlist.Verbs.SoftRoce.Objects;
using Scatterlist.Verbs.SoftRoce.Wire;

namespace Scatterlist.Verbs.SoftRoce.Tests.Transport;

/// <summary>Packets that pass the medium's checks and are anything: nothing is touched that was not given.</summary>
public sealed class HostilePacketTests
{
    private const int Guard = 4096;
    private const int Given = 65536;

    private static readonly Dictionary<QueuePairType, Opcode[]> OpcodesOf = Enum.GetValues<QueuePairType>().ToDictionary(
        type => type,
        type => Enum.GetValues<Opcode>()
            .Where(opcode => OpcodeTable.TypeOf(OpcodeTable.TraitsOf(opcode)) == type).ToArray());

    [Theory]
    [InlineData(QueuePairType.ReliableConnected)]
    [InlineData(QueuePairType.UnreliableConnected)]
    [InlineData(QueuePairType.UnreliableDatagram)]
    public void Any_packets_leave_other_memory_alone_and_the_queue_pair_usable(QueuePairType type) => SeededRandom.Run(
        1, random =>
        {
            using var network = new SimulatedNetwork(1);
            using var endpoint = new Endpoint(network.AddNic(1), type, memory: Given + (2 * Guard));
            using var region = (SoftRegion)endpoint.Domain.RegisterMemory(
                new Block(endpoint.AddressOf(Guard), Given), (ulong)endpoint.AddressOf(Guard), Endpoint.All, null, null,
                0);
            for (int round = 0; round < 300; round++)
            {
                Assert.Equal(Errno.None, endpoint.Modify(QueuePairState.Reset));
                endpoint.Connect(RawPeer.Own, RawPeer.Number, options => options.Mtu = Mtu.Bytes256);
                Attack(random, network, endpoint, region.RemoteKeyValue, region.LocalKeyValue);
                Assert.Equal(-1, endpoint.Memory.AsSpan(0, Guard).IndexOfAnyExcept((byte)0));
                Assert.Equal(-1, endpoint.Memory.AsSpan(Guard + Given).IndexOfAnyExcept((byte)0));
                network.Captured.Clear();
            }
        });

    private static void Attack(
        Random random, SimulatedNetwork network, Endpoint endpoint, uint remoteKey, uint localKey)
    {
        uint expected = 100;
        uint sent = 100;
        for (int i = 0; i < 300; i++)
        {
            int offset = Guard + random.Next(Given - 2048);
            ScatterGatherEntry piece = endpoint.Piece(offset, random.Next(2048));
            piece.LocalKey = localKey;
            if (random.Next(3) == 0)
                endpoint.PostReceive(1, piece);
            if (endpoint.QueuePair.Type == QueuePairType.ReliableConnected && random.Next(4) == 0)
            {
                SendEntry entry = Endpoint.Entry(1, (WorkRequestOpcode)random.Next(5), remoteAddress: 1);
                if (endpoint.Post(entry, piece) == Errno.None)
                    sent++;
            }

            SimulatedPacket packet = Make(random, endpoint, remoteKey, ref expected, sent);
            network.Deliver(packet);
            if (random.Next(8) == 0)
                network.Step();
        }

        endpoint.Poll();
        endpoint.Sent.Clear();
        endpoint.Received.Clear();
        endpoint.Events();
    }

    private static SimulatedPacket Make(
        Random random, Endpoint endpoint, uint remoteKey, ref uint expected, uint sent)
    {
        Opcode[] all = OpcodesOf[endpoint.QueuePair.Type];
        Opcode opcode = random.Next(30) == 0 ? (Opcode)random.Next(256) : all[random.Next(all.Length)];
        int headers = Math.Max(HeaderSizes.Base, OpcodeTable.HeaderLengthOf(opcode));
        int payload = random.Next(3) switch
        {
            0 => 256,
            1 => random.Next(257),
            _ => random.Next(1500),
        };
        bool carries = (OpcodeTable.TraitsOf(opcode) & OpcodeTraits.Payload) != 0 || random.Next(20) == 0;
        int padding = -payload & 3;
        byte[] bytes = new byte[headers + (carries ? payload + padding : 0)];
        random.NextBytes(bytes);
        bytes[0] = (byte)opcode;
        bytes[1] = (byte)(0x40 | ((carries ? padding : 0) << 4) | (random.Next(50) == 0 ? random.Next(256) : 0));
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), 0xffff);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4), endpoint.QueuePair.Number);
        bool answers = (OpcodeTable.TraitsOf(opcode) & OpcodeTraits.Response) != 0;
        int step = random.Next(8) switch
        {
            0 => -1,
            1 => 1,
            2 => random.Next(-100, 100),
            _ => 0,
        };
        uint psn = answers ? Psn.Add(100, random.Next(-2, (int)(sent - 100) + 8)) : Psn.Add(expected, step);
        if (!answers && psn == expected)
            expected = Psn.Next(expected);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(8), psn | (uint)(random.Next(2) << 31));
        OpcodeTraits traits = OpcodeTable.TraitsOf(opcode);
        if ((traits & (OpcodeTraits.Reth | OpcodeTraits.AtomicEth)) != 0)
        {
            ulong address = (ulong)endpoint.AddressOf(Guard) + (ulong)random.Next(-64, Given + 64);
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(12), random.Next(4) == 0 ? address : address & ~7ul);
            uint key = random.Next(10) == 0 ? (uint)random.Next() : remoteKey;
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(20), key);
            if ((traits & OpcodeTraits.Reth) != 0)
            {
                uint length = random.Next(4) switch
                {
                    0 => (uint)payload,
                    1 => (uint)random.Next(4096),
                    2 => (uint)random.NextInt64(1L << 32),
                    _ => (uint)(payload + random.Next(2048)),
                };
                BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(24), length);
            }
        }
        else if ((traits & OpcodeTraits.Aeth) != 0 && random.Next(4) != 0)
        {
            byte[] mild = [Syndrome.NakPsnSequence, Syndrome.RnrNak(1), Syndrome.Ack];
            bytes[12] = mild[random.Next(mild.Length)];
        }
        else if ((traits & OpcodeTraits.Deth) != 0)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(12), 0x1111);
        }

        if (random.Next(40) == 0)
            bytes = bytes[..random.Next(bytes.Length)];
        return new SimulatedPacket(
            RawPeer.Own, SimulatedNetwork.AddressOf(1), Padded(bytes, endpoint.QueuePair.Number));
    }

    // The dispatcher needs a whole number to find the queue pair; shorter ones never get that far.
    private static byte[] Padded(byte[] bytes, uint number)
    {
        if (bytes.Length >= HeaderSizes.Base)
            return bytes;
        byte[] whole = new byte[HeaderSizes.Base];
        bytes.CopyTo(whole, 0);
        BinaryPrimitives.WriteUInt32BigEndian(whole.AsSpan(4), number);
        return whole;
    }
}
