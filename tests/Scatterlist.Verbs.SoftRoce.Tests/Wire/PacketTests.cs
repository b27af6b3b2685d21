using Scatterlist.Verbs.SoftRoce.Engine;
using Scatterlist.Verbs.SoftRoce.Wire;

namespace Scatterlist.Verbs.SoftRoce.Tests.Wire;

public sealed unsafe class PacketTests
{
    // Real packets, from the BTH through the padding: what they say is in the specification of the wire.
    [Fact]
    public void A_write_with_three_pad_bytes_is_read()
    {
        byte[] bytes = Convert.FromHexString(
            "0a70ffff00000013800001000000000013a060100000045b0000000568656c6c6f000000");
        fixed (byte* start = bytes)
        {
            Assert.Equal(PacketFault.None, PacketReader.TryRead(start, bytes.Length, out PacketReader packet));
            Assert.Equal(Opcode.RcWriteOnly, packet.Opcode);
            Assert.True(packet.Has(OpcodeTraits.Write | OpcodeTraits.Only | OpcodeTraits.Reth | OpcodeTraits.Rc));
            Assert.False(packet.Has(OpcodeTraits.Send));
            Assert.Equal(0xffff, packet.Partition);
            Assert.Equal(0x13u, packet.DestinationQueuePair);
            Assert.True(packet.AsksAcknowledge);
            Assert.False(packet.IsSolicited);
            Assert.Equal(0x100u, packet.Sequence);
            Assert.Equal(0x13a06010ul, packet.RemoteAddress);
            Assert.Equal(0x45bu, packet.RemoteKey);
            Assert.Equal(5u, packet.RemoteLength);
            Assert.Equal("hello"u8, new ReadOnlySpan<byte>(packet.Payload, packet.PayloadLength));
        }
    }

    [Fact]
    public void A_packed_base_header_has_the_bytes_of_a_written_one() => SeededRandom.Run(1, random =>
    {
        for (int i = 0; i < 1000; i++)
        {
            var opcode = (Opcode)random.Next(256);
            int padding = random.Next(4);
            uint number = (uint)random.Next();
            uint psn = (uint)random.Next();
            bool asks = random.Next(2) == 0;
            bool solicits = random.Next(2) == 0;
            byte[] expected = new byte[HeaderSizes.Base];
            new HeaderWriter(expected).Base(opcode, padding, number, psn, asks, solicits);
            (ulong First, uint Last) packed = HeaderWriter.PackBase(opcode, padding, number, psn, asks, solicits);
            byte[] bytes = [.. BitConverter.GetBytes(packed.First), .. BitConverter.GetBytes(packed.Last)];
            Assert.Equal(expected, bytes);
        }
    });

    [Fact]
    public void A_small_message_is_read_as_any_packet_is() => SeededRandom.Run(2, random =>
    {
        byte* bytes = stackalloc byte[ReceivedPacket.HeaderCapacity];
        int sends = 0;
        for (int i = 0; i < 200_000; i++)
        {
            int length = random.Next(1, ReceivedPacket.HeaderCapacity - 8 + 1);
            random.NextBytes(new Span<byte>(bytes, ReceivedPacket.HeaderCapacity));
            if (random.Next(4) != 0)
            {
                new HeaderWriter(new Span<byte>(bytes, HeaderSizes.Base)).Base(
                    random.Next(4) == 0 ? (Opcode)random.Next(256) : Opcode.RcSendOnly, random.Next(4),
                    (uint)random.Next(), (uint)random.Next(), random.Next(2) == 0, random.Next(2) == 0);
                if (random.Next(4) == 0)
                    bytes[random.Next(HeaderSizes.Base)] ^= (byte)(1 << random.Next(8));
            }

            PacketFault fault = PacketReader.TryRead(bytes, length, out PacketReader packet);
            bool isSend = fault == PacketFault.None && packet.Opcode == Opcode.RcSendOnly
                && packet.Partition == HeaderWriter.DefaultPartition;
            Assert.Equal(isSend, PlainSend.TryRead(bytes, length, out PlainSend small));
            if (!isSend)
                continue;
            sends++;
            Assert.Equal(
                (packet.PayloadLength, packet.DestinationQueuePair, packet.Sequence, packet.AsksAcknowledge, packet.IsSolicited),
                (small.PayloadLength, small.DestinationQueuePair, small.Sequence, small.AsksAcknowledge, small.IsSolicited));
            Assert.True(small.Payload == packet.Payload);
        }

        Assert.True(sends > 1000);
    });

    [Fact]
    public void Headers_are_written_as_a_real_kernel_writes_them()
    {
        // The captured packets of Linux rxe have the migration bit clear, hence the 0x40 less.
        Check(
            "0b20ffff000003218000020111223344556677880000cafe000000060d0c0b0a",
            (ref HeaderWriter w) =>
            {
                w.Base(Opcode.RcWriteOnlyImmediate, 2, 0x321, 0x201, acknowledge: true);
                w.Reth(0x1122334455667788, 0xcafe, 6);
                w.Immediate(0x0a0b0c0d);
            });
        Check(
            "1300ffff000003218000020500000000000020000000cafe0000000000000016000000000000000b",
            (ref HeaderWriter w) =>
            {
                w.Base(Opcode.RcCompareSwap, 0, 0x321, 0x205, acknowledge: true);
                w.AtomicEth(0x2000, 0xcafe, 0x16, 0xb);
            });
        Check(
            "1200ffff00000321000001071f0000040000000000000007",
            (ref HeaderWriter w) =>
            {
                w.Base(Opcode.RcAtomicAcknowledge, 0, 0x321, 0x107);
                w.Aeth(Syndrome.Ack, 4);
                w.AtomicAckEth(7);
            });
        Check(
            "6430ffff0000007700000005000000990000002b",
            (ref HeaderWriter w) =>
            {
                w.Base(Opcode.UdSendOnly, 3, 0x77, 5);
                w.Deth(0x99, 0x2b);
            });
        Check(
            "04b0ffff0000032180000200",
            (ref HeaderWriter w) => w.Base(Opcode.RcSendOnly, 3, 0x321, 0x200, acknowledge: true, solicited: true));
        Check(
            "1700ffff000003210000020012345678",
            (ref HeaderWriter w) =>
            {
                w.Base(Opcode.RcSendOnlyInvalidate, 0, 0x321, 0x200);
                w.Invalidate(0x12345678);
            });
    }

    [Fact]
    public void Every_header_that_is_written_is_read_back()
    {
        SeededRandom.Run(200, random =>
        {
            byte* bytes = stackalloc byte[HeaderSizes.Longest];
            foreach (Opcode opcode in Enum.GetValues<Opcode>())
            {
                OpcodeTraits traits = OpcodeTable.TraitsOf(opcode);
                uint qpn = (uint)random.Next(1 << 24), psn = (uint)random.Next(1 << 24), key = (uint)random.NextInt64();
                ulong address = (ulong)random.NextInt64(), a = (ulong)random.NextInt64(), b = (ulong)random.NextInt64();
                uint small = (uint)random.Next(1 << 24);
                var writer = new HeaderWriter(new Span<byte>(bytes, HeaderSizes.Longest));
                writer.Base(opcode, 0, qpn, psn, (small & 1) != 0, (small & 2) != 0, (ushort)key);
                if (traits.HasFlag(OpcodeTraits.Deth))
                    writer.Deth(key, small);
                if (traits.HasFlag(OpcodeTraits.Reth))
                    writer.Reth(address, key, (uint)a);
                if (traits.HasFlag(OpcodeTraits.AtomicEth))
                    writer.AtomicEth(address, key, a, b);
                if (traits.HasFlag(OpcodeTraits.Aeth))
                    writer.Aeth((byte)key, small);
                if (traits.HasFlag(OpcodeTraits.AtomicAckEth))
                    writer.AtomicAckEth(a);
                if (traits.HasFlag(OpcodeTraits.Immediate))
                    writer.Immediate(key);
                if (traits.HasFlag(OpcodeTraits.Invalidate))
                    writer.Invalidate(key);

                Assert.Equal(OpcodeTable.HeaderLengthOf(opcode), writer.Length);
                Assert.Equal(PacketFault.None, PacketReader.TryRead(bytes, writer.Length, out PacketReader packet));
                Assert.Equal(
                    (opcode, qpn, psn, (small & 1) != 0, (small & 2) != 0, (ushort)key, 0),
                    (packet.Opcode, packet.DestinationQueuePair, packet.Sequence, packet.AsksAcknowledge,
                        packet.IsSolicited, packet.Partition, packet.PayloadLength));
                if (traits.HasFlag(OpcodeTraits.Deth))
                    Assert.Equal((key, small), (packet.QueueKey, packet.SourceQueuePair));
                if (traits.HasFlag(OpcodeTraits.Reth))
                    Assert.Equal((address, key, (uint)a), (packet.RemoteAddress, packet.RemoteKey, packet.RemoteLength));
                if (traits.HasFlag(OpcodeTraits.AtomicEth))
                {
                    Assert.Equal(
                        (address, key, a, b),
                        (packet.RemoteAddress, packet.RemoteKey, packet.SwapOrAdd, packet.Compare));
                }

                if (traits.HasFlag(OpcodeTraits.Aeth))
                    Assert.Equal(((byte)key, small), (packet.Syndrome, packet.MessageNumber));
                if (traits.HasFlag(OpcodeTraits.AtomicAckEth))
                    Assert.Equal(a, packet.Original);
                if (traits.HasFlag(OpcodeTraits.Immediate))
                    Assert.Equal(key, packet.ImmediateNetworkOrder);
                if (traits.HasFlag(OpcodeTraits.Invalidate))
                    Assert.Equal(key, packet.InvalidatedKey);
            }
        });
    }

    [Theory]
    [InlineData("", "TooShort")]
    [InlineData("0400ffff00000001000000", "TooShort")] // a byte less than a BTH
    [InlineData("0a00ffff0000000100000000000000000000000000000000000000", "TooShort")] // a byte less than a RETH
    [InlineData("0401ffff0000000100000000", "Version")]
    [InlineData("1500ffff0000000100000000", "Opcode")]
    [InlineData("ff00ffff0000000100000000", "Opcode")]
    [InlineData("4000ffff0000000100000000", "Opcode")] // RD
    [InlineData("0410ffff0000000100000000", "Padding")] // one pad byte of none
    [InlineData("0400ffff000000010000000000", "Padding")] // no multiple of four
    [InlineData("1100ffff00000001000000001f00000100000000", "UnexpectedPayload")]
    [InlineData("0c00ffff00000001000000000000000000000000000000000000000000000000", "UnexpectedPayload")]
    public void What_is_no_packet_is_told_why(string hex, string fault)
    {
        byte[] bytes = Convert.FromHexString(hex);
        fixed (byte* start = bytes)
            Assert.Equal(Enum.Parse<PacketFault>(fault), PacketReader.TryRead(start, bytes.Length, out _));
    }

    [Fact]
    public void Opcodes_have_the_headers_of_the_standard()
    {
        (Opcode, OpcodeTraits)[] expected =
        [
            (Opcode.RcSendOnly, 0), (Opcode.RcSendOnlyImmediate, OpcodeTraits.Immediate),
            (Opcode.RcWriteFirst, OpcodeTraits.Reth), (Opcode.RcWriteMiddle, 0), (Opcode.RcWriteLast, 0),
            (Opcode.RcWriteLastImmediate, OpcodeTraits.Immediate),
            (Opcode.RcWriteOnlyImmediate, OpcodeTraits.Reth | OpcodeTraits.Immediate),
            (Opcode.RcReadRequest, OpcodeTraits.Reth), (Opcode.RcReadResponseFirst, OpcodeTraits.Aeth),
            (Opcode.RcReadResponseMiddle, 0), (Opcode.RcReadResponseLast, OpcodeTraits.Aeth),
            (Opcode.RcReadResponseOnly, OpcodeTraits.Aeth), (Opcode.RcAcknowledge, OpcodeTraits.Aeth),
            (Opcode.RcAtomicAcknowledge, OpcodeTraits.Aeth | OpcodeTraits.AtomicAckEth),
            (Opcode.RcCompareSwap, OpcodeTraits.AtomicEth), (Opcode.RcFetchAdd, OpcodeTraits.AtomicEth),
            (Opcode.RcSendLastInvalidate, OpcodeTraits.Invalidate), (Opcode.UdSendOnly, OpcodeTraits.Deth),
            (Opcode.UdSendOnlyImmediate, OpcodeTraits.Deth | OpcodeTraits.Immediate),
            (Opcode.UcWriteOnlyImmediate, OpcodeTraits.Reth | OpcodeTraits.Immediate),
        ];
        const OpcodeTraits Headers = OpcodeTraits.Reth | OpcodeTraits.AtomicEth | OpcodeTraits.Aeth
            | OpcodeTraits.AtomicAckEth | OpcodeTraits.Immediate | OpcodeTraits.Invalidate | OpcodeTraits.Deth;
        Assert.All(expected, row => Assert.Equal(row.Item2, OpcodeTable.TraitsOf(row.Item1) & Headers));
        int known = Enumerable.Range(0, 256).Count(i => OpcodeTable.TraitsOf((Opcode)i) != OpcodeTraits.None);
        Assert.Equal(Enum.GetValues<Opcode>().Length, known);
    }

    private delegate void Write(ref HeaderWriter writer);

    private static void Check(string hex, Write write)
    {
        Span<byte> bytes = stackalloc byte[HeaderSizes.Longest];
        var writer = new HeaderWriter(bytes);
        write(ref writer);
        bytes[1] &= 0xbf;
        Assert.Equal(hex, Convert.ToHexStringLower(writer.Written));
    }
}
