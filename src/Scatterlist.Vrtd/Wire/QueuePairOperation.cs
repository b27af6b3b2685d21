namespace Scatterlist.Vrtd.Wire;

/// <summary>What QDMA_QPAIR_OP does to a queue pair.</summary>
internal enum QueuePairOperation : uint
{
    Start = 0,
    Stop = 1,
    Delete = 2,
}
