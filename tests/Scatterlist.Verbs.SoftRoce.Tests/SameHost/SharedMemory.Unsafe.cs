using Scatterlist.Verbs.SoftRoce.Engine.SameHost;

namespace Scatterlist.Verbs.SoftRoce.Tests.SameHost;

/// <summary>The connecting end's view of a channel's memory, to write anything into.</summary>
internal sealed unsafe class SharedMemory : IDisposable
{
    private readonly ChannelMemory _memory;
    private readonly RingProducer _producer;

    internal SharedMemory()
    {
        _memory = ChannelMemory.Create(ChannelMemory.MinRingBytes, out FileDescriptor descriptor);
        Descriptor = descriptor;
        _producer = new RingProducer(_memory.OutgoingRing, _memory.RingBytes, _memory.PeerHead);
    }

    internal FileDescriptor Descriptor { get; }

    internal void SendPacket(Random random)
    {
        _producer.TryAdd(new byte[random.Next(12, 57)], default, 0, 0, 0);
        _producer.Publish();
    }

    internal void FallAsleep() => Volatile.Write(ref *_memory.OwnSleeping, 1);

    /// <summary>Writes words, some of them nearly true, where the other end looks.</summary>
    internal void Scribble(Random random, int count)
    {
        byte* control = (byte*)_memory.OwnHead; // the control page's start: this end's words come first
        for (int i = 0; i < count; i++)
        {
            ulong word = random.Next(4) switch
            {
                0 => new Frame(random.Next(128), random.Next(1 << 24) >> random.Next(24), 0, 0).Word,
                1 => (ulong)random.NextInt64(),
                2 => (ulong)random.Next(3),
                _ => new Frame(8, random.Next(1, 70_000), 1, 1).Word,
            };
            byte* place = random.Next(3) switch
            {
                0 => control + (random.Next((int)ChannelMemory.ControlBytes / 128) * 128),
                1 => _memory.OutgoingRing + (random.Next((int)_memory.RingBytes / 64) * 64),
                _ => _memory.OutgoingRing + 64 + (random.Next(4) * 64),
            };
            Volatile.Write(ref *(ulong*)place, word);
        }
    }

    public void Dispose()
    {
        _memory.Dispose();
        Descriptor.Dispose();
    }
}
