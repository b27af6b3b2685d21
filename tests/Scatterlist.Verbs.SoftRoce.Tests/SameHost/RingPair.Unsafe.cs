using System.Runtime.InteropServices;
using Scatterlist.Verbs.SoftRoce.Engine.SameHost;

namespace Scatterlist.Verbs.SoftRoce.Tests.SameHost;

/// <summary>Both ends of one ring, in this process.</summary>
internal sealed unsafe class RingPair : IDisposable
{
    private readonly ChannelMemory _memory;
    private readonly byte[] _header = new byte[28];

    internal RingPair(nuint bytes)
    {
        _memory = ChannelMemory.Create(bytes, out FileDescriptor descriptor);
        descriptor.Dispose();
        // A ring's reader stores its head where the writer's end looks for it: its peer's.
        Producer = new RingProducer(_memory.OutgoingRing, bytes, _memory.PeerHead);
        Consumer = new RingConsumer(_memory.OutgoingRing, bytes, _memory.PeerHead);
    }

    internal RingProducer Producer { get; }

    internal RingConsumer Consumer { get; }

    public void Dispose() => _memory.Dispose();

    /// <summary>Adds a packet whose every byte follows from its number.</summary>
    internal bool TryAdd(uint number, int payload)
    {
        byte* bytes = stackalloc byte[4096];
        byte* place = payload <= 4096 ? bytes : (byte*)NativeMemory.Alloc((nuint)payload);
        Packets.Fill(new Span<byte>(place, payload), number);
        Packets.Fill(_header, number);
        BitConverter.TryWriteBytes(_header, number);
        int half = payload / 2;
        Block[] blocks = [new Block((nint)place, (nuint)half), new Block((nint)place + half, (nuint)(payload - half))];
        bool added = Producer.TryAdd(_header, blocks, padding: payload % 4 == 0 ? 0 : 4 - (payload % 4), 7, 9);
        if (place != bytes)
            NativeMemory.Free(place);
        return added;
    }

    /// <summary>Publishes a packet of one line, whose every byte follows from its number.</summary>
    internal bool TryPublishSmall(uint number, int payload)
    {
        byte* place = stackalloc byte[RingProducer.MaxSmallPayload + 1];
        Packets.Fill(new Span<byte>(place, payload), number);
        return Producer.TryPublishSmall((number, ~number), new Block((nint)place, (nuint)payload), 7, 9);
    }

    /// <summary>Takes the next packet, one of a line, and checks all of it; null when there is none.</summary>
    internal uint? TryTakeSmall(int payload)
    {
        if (!Consumer.TryPeek(out Frame frame, out byte* packet))
            return null;
        uint number = *(uint*)packet;
        Assert.Equal((7, 9), (frame.TrafficClass, frame.HopLimit));
        Assert.Equal((uint)Frame.Alignment, frame.Bytes);
        Assert.Equal(12 + ((payload + 3) & ~3), frame.Length);
        Assert.Equal((number, ~number), (*(ulong*)packet, *(uint*)(packet + 8)));
        Packets.Check(new ReadOnlySpan<byte>(packet + 12, payload), number);
        for (int i = 12 + payload; i < frame.Length; i++)
            Assert.Equal(0, packet[i]);
        Consumer.Advance(frame);
        return number;
    }

    /// <summary>Takes the next packet and checks all of it; null when there is none.</summary>
    internal uint? TryTake(int? payload = null)
    {
        if (!Consumer.TryPeek(out Frame frame, out byte* packet))
            return null;
        uint number = *(uint*)packet;
        Assert.Equal((7, 9), (frame.TrafficClass, frame.HopLimit));
        Packets.Check(new ReadOnlySpan<byte>(packet + 4, 24), number, from: 4);
        int length = payload ?? frame.Length - 28;
        Packets.Check(new ReadOnlySpan<byte>(packet + 28, length), number);
        for (int i = 28 + length; i < frame.Length; i++)
            Assert.Equal(0, packet[i]);
        Consumer.Advance(frame);
        return number;
    }
}
