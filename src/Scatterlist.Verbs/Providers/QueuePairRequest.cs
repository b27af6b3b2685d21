namespace Scatterlist.Verbs.Providers;

/// <summary>What a new queue pair is made of (struct ibv_qp_init_attr).</summary>
internal sealed record QueuePairRequest(
    QueuePairType Type,
    ProviderCompletionQueue SendCompletionQueue,
    ProviderCompletionQueue ReceiveCompletionQueue,
    ProviderSharedReceiveQueue? SharedReceiveQueue,
    QueuePairCapabilities Capabilities,
    bool SignalsAll);
