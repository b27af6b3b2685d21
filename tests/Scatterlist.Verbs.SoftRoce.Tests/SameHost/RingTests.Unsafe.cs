using Scatterlist.Verbs.SoftRoce.Engine.SameHost;

namespace Scatterlist.Verbs.SoftRoce.Tests.SameHost;

public sealed unsafe class RingTests
{
    [Fact]
    public void Packets_of_all_sizes_come_out_as_they_went_in_over_many_laps() => SeededRandom.Run(4, random =>
    {
        using var ring = new RingPair(ChannelMemory.MinRingBytes);
        var sizes = new Queue<int>();
        uint sent = 0;
        uint taken = 0;
        for (int round = 0; round < 4000; round++)
        {
            int burst = random.Next(1, 20);
            for (int i = 0; i < burst; i++)
            {
                int payload = random.Next(4) switch { 0 => 0, 1 => random.Next(64), 2 => random.Next(5000), _ => random.Next(65537) };
                if (!ring.TryAdd(sent, payload))
                    break;
                sizes.Enqueue(payload);
                sent++;
            }

            ring.Producer.Publish();
            for (int i = random.Next(1, 20); i > 0 && sizes.Count > 0; i--)
            {
                Assert.Equal(taken, ring.TryTake(sizes.Dequeue()));
                taken++;
            }
        }

        Assert.False(ring.Consumer.IsBroken || ring.Producer.IsBroken);
        Assert.True(taken > 4000);
    });

    [Fact]
    public void Packets_of_one_line_come_out_between_others_over_many_laps() => SeededRandom.Run(2, random =>
    {
        using var ring = new RingPair(ChannelMemory.MinRingBytes);
        for (uint number = 0; number < 40_000; number++)
        {
            bool isSmall = random.Next(3) != 0;
            int payload = random.Next(isSmall ? RingProducer.MaxSmallPayload + 1 : 2000);
            if (random.Next(4) == 0)
                ring.Producer.ClearAhead();
            Assert.True(isSmall ? ring.TryPublishSmall(number, payload) : ring.TryAdd(number, payload));
            ring.Producer.Publish();
            Assert.Equal(number, isSmall ? ring.TryTakeSmall(payload) : ring.TryTake(payload));
            Assert.True(ring.Consumer.IsEmpty);
        }
    });

    [Fact]
    public void A_packet_of_one_line_overtakes_none_and_needs_room()
    {
        using var ring = new RingPair(ChannelMemory.MinRingBytes);
        Assert.True(ring.TryAdd(1, 100));
        Assert.False(ring.TryPublishSmall(2, 8)); // before it lies one that nobody can see yet
        ring.Producer.Publish();
        Assert.True(ring.TryPublishSmall(2, 8));
        Assert.Equal(1u, ring.TryTake(100));
        Assert.Equal(2u, ring.TryTakeSmall(8));

        uint sent = 0;
        while (ring.TryPublishSmall(sent, 44))
            sent++;
        Assert.InRange(sent, 1000u, (uint)(ChannelMemory.MinRingBytes / Frame.Alignment));
        for (uint i = 0; i < sent; i++)
            Assert.Equal(i, ring.TryTakeSmall(44));
        Assert.Null(ring.TryTake());
    }

    [Fact]
    public void Two_threads_see_millions_of_packets_in_order()
    {
        const uint Count = 2_000_000;
        using var ring = new RingPair(ChannelMemory.MinRingBytes);
        Exception? failure = null;
        var producer = new Thread(() =>
        {
            var random = new Random(5);
            for (uint number = 0; number < Count && Volatile.Read(ref failure) is null; number++)
            {
                int payload = random.Next(200);
                while (!ring.TryAdd(number, payload) && Volatile.Read(ref failure) is null)
                    Thread.Yield();
                if (random.Next(8) == 0)
                    ring.Producer.Publish();
            }

            ring.Producer.Publish();
        });
        producer.Start();
        try
        {
            var random = new Random(5); // draws what the producer draws
            for (uint expected = 0; expected < Count; expected++)
            {
                int payload = random.Next(200);
                uint? number;
                while ((number = ring.TryTake(payload)) is null)
                {
                    Assert.False(ring.Consumer.IsBroken);
                    Thread.Yield();
                }

                Assert.Equal(expected, number);
                random.Next(8);
            }
        }
        catch (Exception e)
        {
            Volatile.Write(ref failure, e);
            throw;
        }
        finally
        {
            producer.Join();
        }
    }

    [Fact]
    public void A_batch_is_seen_only_when_it_is_published()
    {
        using var ring = new RingPair(ChannelMemory.MinRingBytes);
        Assert.True(ring.TryAdd(1, 100));
        Assert.True(ring.TryAdd(2, 100));
        Assert.Null(ring.TryTake());
        Assert.True(ring.Producer.Publish());
        Assert.False(ring.Producer.Publish());
        Assert.Equal(1u, ring.TryTake(100));
        Assert.Equal(2u, ring.TryTake(100));
        Assert.Null(ring.TryTake());
    }

    [Fact]
    public void A_full_ring_takes_nothing_until_there_is_room_and_publishes_what_it_has()
    {
        using var ring = new RingPair(ChannelMemory.MinRingBytes);
        uint sent = 0;
        while (ring.TryAdd(sent, 1000))
            sent++;
        Assert.InRange(sent, 100u, 128u);
        Assert.False(ring.Producer.HasRoomForAny());
        Assert.False(ring.TryAdd(sent, 0) && ring.TryAdd(sent, 0) && ring.TryAdd(sent, 0) && ring.TryAdd(sent, 0)
            && ring.TryAdd(sent, 1000) && ring.TryAdd(sent, 1000));
        for (uint i = 0; i < sent; i++)
            Assert.Equal(i, ring.TryTake(1000));
        while (ring.TryTake() is not null)
        {
        }

        Assert.True(ring.Producer.HasRoomForAny());
    }

    [Fact]
    public void What_a_packet_left_in_the_ring_is_never_taken_for_a_packet()
    {
        using var ring = new RingPair(ChannelMemory.MinRingBytes);
        ulong word = new Frame(8, 100, 0, 0).Word;
        var words = new ulong[8000];
        Array.Fill(words, word); // a payload that looks like a frame's word wherever one may be
        var header = new byte[12];
        SeededRandom.Run(1, random =>
        {
            fixed (ulong* first = words)
            {
                for (int i = 0; i < 20_000; i++)
                {
                    int payload = random.Next(1, 1000) * 8;
                    Block[] blocks = [new Block((nint)first, (nuint)payload)];
                    Assert.True(ring.Producer.TryAdd(header, blocks, 0, 0, 0));
                    Assert.True(ring.Consumer.IsEmpty);
                    ring.Producer.Publish();
                    Assert.True(ring.Consumer.TryPeek(out Frame frame, out _));
                    Assert.Equal(payload + 12, frame.Length);
                    ring.Consumer.Advance(frame);
                    Assert.True(ring.Consumer.IsEmpty);
                }
            }
        });
    }

    [Fact]
    public void A_packet_that_no_frame_holds_is_refused()
    {
        using var ring = new RingPair(ChannelMemory.DefaultRingBytes);
        Assert.Throws<ArgumentOutOfRangeException>(() => ring.TryAdd(0, Frame.MaxPayload + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => ring.Producer.TryAdd(new byte[57], [], 0, 0, 0));
        Assert.True(ring.TryAdd(0, Frame.MaxPayload));
    }

    [Fact]
    public void A_producer_that_scribbles_makes_nobody_read_outside_of_the_ring() => SeededRandom.Run(200, random =>
    {
        nuint ring = ChannelMemory.MinRingBytes;
        using GuardedMemory memory = GuardedMemory.NoAccess(2 * ring);
        ulong head = 0;
        random.NextBytes(memory.AsSpan());
        var consumer = new RingConsumer((byte*)memory.Address, ring, &head);
        byte* place = (byte*)memory.Address;
        var sum = 0ul;
        for (int i = 0; i < 2000 && !consumer.IsBroken; i++)
        {
            // Words that are half true get further than noise.
            var word = new Frame(random.Next(256), random.Next(1 << 24) >> random.Next(24), 0, 0).Word;
            *(ulong*)(place + (head & (ring - 1))) = random.Next(10) == 0 ? (ulong)random.NextInt64() : word;
            if (consumer.TryPeek(out Frame frame, out byte* packet))
            {
                foreach (byte b in new ReadOnlySpan<byte>(packet, Math.Max(frame.Length, 64)))
                    sum += b;
                consumer.Advance(frame);
                head = PositionOf(head, frame);
            }
        }

        Assert.True(consumer.IsBroken || sum != 0);
        Assert.False(consumer.IsBroken && consumer.TryPeek(out _, out _));
    });

    [Fact]
    public void A_consumer_that_lies_about_its_head_breaks_the_ring_and_no_memory() => SeededRandom.Run(100, random =>
    {
        nuint ring = ChannelMemory.MinRingBytes;
        using GuardedMemory memory = GuardedMemory.NoAccess(2 * ring);
        using GuardedMemory payload = GuardedMemory.NoAccess(65536);
        ulong head = 0;
        var producer = new RingProducer((byte*)memory.Address, ring, &head);
        for (int i = 0; i < 500 && !producer.IsBroken; i++)
        {
            producer.TryAdd(new byte[28], [payload.Last((nuint)random.Next(65536))], 0, 0, 0);
            head = random.Next(3) == 0 ? (ulong)random.NextInt64() : head + (ulong)random.Next(60000);
        }

        Assert.True(producer.IsBroken);
    });

    private static ulong PositionOf(ulong position, Frame frame) => position + frame.Bytes;
}
