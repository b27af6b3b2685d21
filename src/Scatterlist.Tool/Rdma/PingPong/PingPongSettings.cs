using Scatterlist.Verbs;

namespace Scatterlist.Tool.Rdma.PingPong;

/// <summary>A game of ping-pong; both ends are started with the same size and number.</summary>
internal sealed record PingPongSettings
{
    internal required QueuePairType Type { get; init; }

    internal required PingPongVerb Verb { get; init; }

    /// <summary>Bytes of a message.</summary>
    internal required int Size { get; init; }

    internal required Mtu Mtu { get; init; }

    internal required int RxDepth { get; init; }

    internal required int Iterations { get; init; }

    internal byte ServiceLevel { get; init; }

    internal bool UseEvents { get; init; }

    /// <summary>Whether every byte of every message is looked at.</summary>
    internal bool Checks { get; init; }

    internal string? Host { get; init; }

    internal int Port { get; init; }

    internal bool IsServer => Host is null;
}
