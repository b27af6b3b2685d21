namespace Scatterlist.Verbs.SoftRoce.Objects;

/// <summary>The soft NIC's limits, as its device attributes tell them.</summary>
internal static class SoftLimits
{
    internal const ulong MaxRegionSize = 1ul << 46;
    internal const int MaxRegions = 1 << 20;
    internal const int MaxQueuePairs = 1 << 16;
    internal const int MaxWorkRequests = 1 << 15;
    internal const int MaxElements = 32;
    internal const int MaxInlineBytes = 1024;
    internal const int MaxCompletionQueues = 1 << 16;
    internal const int MaxCompletionQueueEntries = 1 << 20;
    internal const int MaxReadAtomic = 128;
    internal const uint MaxMessageSize = 1u << 31;
}
