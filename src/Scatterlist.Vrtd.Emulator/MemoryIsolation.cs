namespace Scatterlist.Vrtd.Emulator;

/// <summary>What the descriptors of different buffers and queue pairs have in common.</summary>
public enum MemoryIsolation
{
    /// <summary>As on a card: every descriptor reaches the whole device memory.</summary>
    Shared,

    /// <summary>As in the libslash mock: every queue pair has memory of its own, even at equal addresses.</summary>
    PerQueuePair,
}
