using Scatterlist.Verbs.Interop;
using Scatterlist.Verbs.SoftRoce.Engine;
using Scatterlist.Verbs.SoftRoce.Wire;

namespace Scatterlist.Verbs.SoftRoce.Tests.Transport;

/// <summary>
/// The short way of small messages against the usual one: two endpoints get the same packets, good and bad, one of them
/// by the short way wherever that takes them.
/// </summary>
public sealed unsafe class ShortWayTests
{
    private const int MostBytes = 44;
    private const int Packets = 120;

    [Fact]
    public void It_does_what_the_usual_way_does() => SeededRandom.Run(
        150, random =>
        {
            using var usual = new RawPeer();
            using var quick = new RawPeer();
            int taken = 0;
            uint expected = RawPeer.FirstPsn;
            for (int i = 0; i < Packets; i++)
            {
                if (random.Next(4) != 0)
                    PostReceive(random, (ulong)i, usual, quick);
                uint psn = random.Next(8) == 0 ? (uint)(expected + random.Next(-3, 4)) : expected;
                (Opcode opcode, int bytes) = random.Next(12) switch
                {
                    0 => (Opcode.RcSendFirst, RawPeer.Mtu),
                    1 => (Opcode.RcSendLast, random.Next(1, MostBytes)),
                    2 => (Opcode.RcSendOnlyImmediate, random.Next(MostBytes)),
                    _ => (Opcode.RcSendOnly, random.Next(MostBytes + 1)),
                };
                bool asks = random.Next(2) == 0;
                bool solicits = random.Next(4) == 0;
                byte fill = (byte)random.Next(1, 256);
                ushort partition = random.Next(16) == 0 ? (ushort)random.Next(0x10000) : (ushort)0xffff;
                usual.Send(usual.Make(opcode, psn, bytes, asks, solicited: solicits, fill: fill, partition: partition));
                taken += TrySendQuickly(
                    quick, quick.Make(opcode, psn, bytes, asks, solicited: solicits, fill: fill, partition: partition))
                    ? 1
                    : 0;
                expected = Compare(usual, quick) ?? expected;
                if (usual.State == QueuePairState.Error)
                    break;
            }

            Assert.True(taken > 0 || usual.State == QueuePairState.Error);
        });

    // Of one piece or two, long enough or not, of memory that is registered or not.
    private static void PostReceive(Random random, ulong id, params RawPeer[] peers)
    {
        int offset = random.Next(1024);
        int length = random.Next(16) == 0 ? random.Next(MostBytes) : random.Next(MostBytes, 4096);
        bool isCut = random.Next(6) == 0;
        bool isRegistered = random.Next(40) != 0;
        foreach (RawPeer peer in peers)
        {
            ScatterGatherEntry first = peer.Endpoint.Piece(offset, isCut ? length / 2 : length);
            ScatterGatherEntry second = peer.Endpoint.Piece(offset + (length / 2), length - (length / 2));
            if (!isRegistered)
                first.LocalKey ^= 0x5555;
            Errno errno = isCut ? peer.Endpoint.PostReceive(id, first, second) : peer.Endpoint.PostReceive(id, first);
            Assert.True(errno is Errno.None or Errno.ENOMEM);
        }
    }

    private static bool TrySendQuickly(RawPeer peer, SimulatedPacket packet)
    {
        NicEngine engine = peer.Nic.Engine;
        engine.Enter();
        try
        {
            fixed (byte* bytes = packet.Bytes)
            {
                if (PlainSend.TryRead(bytes, packet.Bytes.Length, out PlainSend send)
                    && peer.Endpoint.QueuePair.TryTakeSmall(send, peer.Endpoint.QueuePair.Path!))
                {
                    return true;
                }
            }
        }
        finally
        {
            engine.Exit();
        }

        peer.Send(packet);
        return false;
    }

    /// <summary>Compares all that a peer or a program can see.</summary>
    /// <returns>The sequence number that comes next, where the answers tell it.</returns>
    private static uint? Compare(RawPeer usual, RawPeer quick)
    {
        usual.Endpoint.Poll();
        quick.Endpoint.Poll();
        Assert.Equal(usual.Endpoint.Received.Select(Told), quick.Endpoint.Received.Select(Told));
        Assert.Equal(usual.State, quick.State);
        Assert.True(usual.Endpoint.Memory.AsSpan().SequenceEqual(quick.Endpoint.Memory));
        List<SimulatedPacket> answers = usual.Take();
        Assert.Equal(answers.Select(Said), quick.Take().Select(Said));
        SimulatedPacket? last = answers.LastOrDefault();
        return last is null || !Syndrome.IsAck(last.Syndrome) ? null : Psn.Next(last.Sequence);
    }

    private static (ulong, CompletionStatus, CompletionOpcode, uint, CompletionFlags, uint?) Told(WorkCompletion completion) =>
        completion.IsSuccess
            ? (completion.Id, completion.Status, completion.Opcode, completion.ByteLength, completion.Flags, completion.Immediate)
            : (completion.Id, completion.Status, default, 0, default, null);

    private static (Opcode, byte, uint, uint) Said(SimulatedPacket answer) =>
        (answer.Opcode, answer.Syndrome, answer.Sequence, answer.MessageNumber);
}
