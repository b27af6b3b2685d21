using Scatterlist.Verbs;

namespace Scatterlist.Tool.Rdma.Perf;

/// <summary>
/// A measurement, with perftest's defaults and its dependencies between options. Both ends are started with the same
/// ones: perftest's exchange does not tell them.
/// </summary>
internal sealed record PerfSettings
{
    /// <summary>The largest message of a run over all sizes: 2^23 bytes.</summary>
    internal const int LargestPower = 23;

    internal const int AtomicSize = 8;

    private const int GrhSize = 40;

    // Above that many messages perftest measures no peak: it costs more than the test.
    private const int PeakLimit = 20_000;
    private const int ModerationSizeLimit = 8192;
    private const int UnreliableReceiveDepth = 4096;

    internal required PerfVerb Verb { get; init; }

    internal required bool IsLatency { get; init; }

    internal QueuePairType Connection { get; init; } = QueuePairType.ReliableConnected;

    /// <summary>Bytes of a message; in a run over all sizes the largest.</summary>
    internal required int Size { get; init; }

    /// <summary>Whether the user gave the size.</summary>
    internal bool IsSizeAsked { get; init; }

    internal bool AllSizes { get; init; }

    /// <summary>Messages of each queue pair.</summary>
    internal required int Iterations { get; init; }

    /// <summary>How long to run, in place of a number of messages.</summary>
    internal TimeSpan? Duration { get; init; }

    internal int QueuePairs { get; init; } = 1;

    internal bool IsBidirectional { get; init; }

    internal required int TxDepth { get; init; }

    internal required int RxDepth { get; init; }

    /// <summary>One of how many messages completes.</summary>
    internal required int CqModeration { get; init; }

    /// <summary>How many messages are posted as one list.</summary>
    internal int PostList { get; init; } = 1;

    /// <summary>The largest message that is sent inline; null: as perftest has it.</summary>
    internal int? InlineSize { get; init; }

    internal bool UseEvents { get; init; }

    internal bool IsCompareAndSwap { get; init; }

    /// <summary>Reads and atomics under way at most; null: what the device can.</summary>
    internal int? OutstandingReads { get; init; }

    internal byte ServiceLevel { get; init; }

    internal int AckTimeout { get; init; } = 14;

    internal bool Gigabits { get; init; }

    internal bool MeasuresPeak { get; init; } = true;

    internal string? Host { get; init; }

    internal int Port { get; init; }

    internal bool IsServer => Host is null;

    internal bool IsTimed => Duration is not null;

    /// <summary>Whether every message comes, or an error.</summary>
    internal bool IsReliable => Connection == QueuePairType.ReliableConnected;

    internal bool IsDatagram => Connection == QueuePairType.UnreliableDatagram;

    /// <summary>What stands before the bytes of a message that comes.</summary>
    internal int GrhBytes => IsDatagram ? GrhSize : 0;

    /// <summary>Whether this end sends what is measured: in a latency test the client, though both send.</summary>
    internal bool Posts => !IsServer || IsBidirectional;

    /// <summary>Whether this end receives what is measured.</summary>
    internal bool Receives => Verb == PerfVerb.Send && (IsServer || IsBidirectional);

    /// <summary>Whether answers bring what the peer's memory held: the device limits how many are under way.</summary>
    internal bool IsReadOrAtomic => Verb is PerfVerb.Read or PerfVerb.Atomic;

    /// <summary>Whether the server has nothing to do but be there.</summary>
    internal bool IsOneSided => IsReadOrAtomic || (Verb == PerfVerb.Write && !IsLatency);

    /// <summary>The sizes to run, in their order.</summary>
    internal IEnumerable<int> Sizes => AllSizes && Verb != PerfVerb.Atomic
        ? Enumerable.Range(1, LargestPower).Select(power => 1 << power).Where(size => size <= Size)
        : [Size];

    /// <summary>Applies perftest's rules of what follows from what.</summary>
    /// <param name="asked">What the user gave.</param>
    /// <param name="moderationAsked">Whether the user gave the moderation.</param>
    /// <param name="receiveDepthAsked">Whether the user gave the receive depth.</param>
    internal static PerfSettings Settle(PerfSettings asked, bool moderationAsked, bool receiveDepthAsked)
    {
        int tx = asked.IsTimed ? asked.TxDepth : Math.Min(asked.TxDepth, asked.Iterations);
        int rx = asked.RxDepth;
        if (asked.Verb == PerfVerb.Send && !asked.IsTimed)
        {
            rx = Math.Min(rx, asked.Iterations);
            if (!asked.IsReliable && !receiveDepthAsked)
                rx = Math.Min(asked.Iterations, UnreliableReceiveDepth);
        }

        int moderation = asked.PostList > 1 && !moderationAsked ? asked.PostList : asked.CqModeration;
        bool large = asked.Size > ModerationSizeLimit && !asked.IsDatagram && !asked.AllSizes && !asked.UseEvents;
        if (large && !moderationAsked && asked.PostList == 1)
            moderation = 1; // a completion of many large messages would tell their time too coarsely
        tx = Math.Max(tx, asked.PostList);
        return asked with
        {
            TxDepth = tx,
            RxDepth = rx,
            CqModeration = InWholeLists(moderation, asked.PostList, tx),
            MeasuresPeak = asked.MeasuresPeak && !asked.IsTimed && asked.Iterations <= PeakLimit,
        };
    }

    // Were the message that completes in the middle of a list, what is posted behind it could fill the queue so far that
    // no further list fits, and nothing would ever complete again. The last of a list completes, or of several.
    private static int InWholeLists(int moderation, int list, int depth) =>
        Math.Min((moderation + list - 1) / list, depth / list) * list;
}
