using Scatterlist.Verbs.SoftRoce.Objects;
using Scatterlist.Verbs.SoftRoce.Wire;

namespace Scatterlist.Verbs.SoftRoce.Tests.Transport;

/// <summary>A peer that sends what it likes: packets made by hand, against one real endpoint.</summary>
internal sealed class RawPeer : IDisposable
{
    internal const uint Number = 0x77;
    internal const int Mtu = 1024;
    internal const uint FirstPsn = 100;

    internal RawPeer(
        QueuePairType type = QueuePairType.ReliableConnected, Action<ConnectOptions>? change = null,
        Func<SoftContext, Endpoint>? make = null, Action<SimulatedNetwork>? network = null)
    {
        network?.Invoke(Network);
        Nic = Network.AddNic(1);
        Endpoint = make is null ? new Endpoint(Nic, type) : make(Nic);
        Endpoint.Connect(Own, Number, change);
    }

    internal SimulatedNetwork Network { get; } = new(1);

    internal SoftContext Nic { get; }

    internal Endpoint Endpoint { get; }

    internal static Gid Own => SimulatedNetwork.AddressOf(2);

    internal QueuePairState State
    {
        get
        {
            Endpoint.QueuePair.Query(QueuePairAttributeMask.State, out QueuePairAttributes attributes);
            return attributes.State;
        }
    }

    /// <summary>Delivers a packet at once.</summary>
    internal void Send(SimulatedPacket packet) => Network.Deliver(packet);

    internal void Send(
        Opcode opcode, uint psn, int payload = 0, bool ask = true, ulong address = 0, uint key = 0, uint? length = null,
        bool solicited = false, uint immediate = 0, byte fill = 0xab) =>
        Send(Make(opcode, psn, payload, ask, address, key, length, solicited, immediate, fill));

    internal SimulatedPacket Make(
        Opcode opcode, uint psn, int payload = 0, bool ask = true, ulong address = 0, uint key = 0, uint? length = null,
        bool solicited = false, uint immediate = 0, byte fill = 0xab, ulong swap = 0, ulong compare = 0,
        byte syndrome = Syndrome.Ack, uint queueKey = 0x1111, ushort partition = 0xffff)
    {
        OpcodeTraits traits = OpcodeTable.TraitsOf(opcode);
        byte[] header = new byte[HeaderSizes.Longest];
        int padding = -payload & 3;
        var writer = new HeaderWriter(header);
        writer.Base(opcode, padding, Endpoint.QueuePair.Number, psn, ask, solicited, partition);
        if ((traits & OpcodeTraits.Deth) != 0)
            writer.Deth(queueKey, Number);
        if ((traits & OpcodeTraits.Reth) != 0)
            writer.Reth(address, key, length ?? (uint)payload);
        if ((traits & OpcodeTraits.AtomicEth) != 0)
            writer.AtomicEth(address, key, swap, compare);
        if ((traits & OpcodeTraits.Aeth) != 0)
            writer.Aeth(syndrome, 0);
        if ((traits & OpcodeTraits.AtomicAckEth) != 0)
            writer.AtomicAckEth(swap);
        if ((traits & OpcodeTraits.Immediate) != 0)
            writer.Immediate(immediate);
        if ((traits & OpcodeTraits.Invalidate) != 0)
            writer.Invalidate(key);
        byte[] body = new byte[payload + padding];
        body.AsSpan(0, payload).Fill(fill);
        return new SimulatedPacket(Own, SimulatedNetwork.AddressOf(1), [.. writer.Written, .. body]);
    }

    /// <summary>What the endpoint has sent since the last call.</summary>
    internal List<SimulatedPacket> Take()
    {
        Nic.Engine.Progress();
        Nic.Engine.Progress();
        List<SimulatedPacket> taken = [.. Network.Captured];
        Network.Captured.Clear();
        return taken;
    }

    internal SimulatedPacket TakeOne() => Assert.Single(Take());

    /// <summary>The one answer: its syndrome, its sequence number.</summary>
    internal (byte Syndrome, uint Sequence) TakeAnswer()
    {
        SimulatedPacket answer = TakeOne();
        Assert.Equal(Opcode.RcAcknowledge, answer.Opcode);
        Assert.Equal(Number, answer.DestinationQueuePair);
        return (answer.Syndrome, answer.Sequence);
    }

    internal void Answer(uint psn, byte syndrome = Syndrome.Ack) =>
        Send(Make(Opcode.RcAcknowledge, psn, ask: false, syndrome: syndrome));

    internal ulong Address(int offset) => (ulong)Endpoint.AddressOf(offset);

    public void Dispose()
    {
        Endpoint.Dispose();
        Network.Dispose();
    }
}
