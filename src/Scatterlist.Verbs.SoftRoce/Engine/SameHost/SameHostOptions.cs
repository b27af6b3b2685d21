namespace Scatterlist.Verbs.SoftRoce.Engine.SameHost;

/// <summary>What a NIC's same-host service is made of. Immutable.</summary>
internal sealed record SameHostOptions
{
    /// <summary>The NIC's addresses: it can be reached at each of them.</summary>
    internal required IReadOnlyList<Gid> Gids { get; init; }

    /// <summary>Which of the NICs that share the addresses it is; null for one that has them alone.</summary>
    internal uint? Slot { get; init; }

    /// <summary>The bits of a queue pair's number that tell the NICs of one address apart; 0 where none are
    /// shared.</summary>
    internal uint SlotMask { get; init; }

    /// <summary>Where the NICs meet; null for the user's own place.</summary>
    internal string? Directory { get; init; }

    /// <summary>Who we are; null for this process.</summary>
    internal HostIdentity? Host { get; init; }

    /// <summary>Bytes in each ring of a channel: a power of two.</summary>
    internal nuint RingBytes { get; init; } = ChannelMemory.DefaultRingBytes;

    /// <summary>Told once of each path whose peer is gone, under the engine's lock.</summary>
    internal Action<PacketPath>? PathDied { get; init; }
}
