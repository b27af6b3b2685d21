namespace Scatterlist.Verbs.Providers;

/// <summary>A completion queue (struct ibv_cq). It keeps its context and its channel.</summary>
internal abstract class ProviderCompletionQueue(nint handle, NativeHandle contextOrChannel)
    : ProviderQueue(handle, contextOrChannel)
{
    /// <summary>The public object, by which events name it.</summary>
    internal object? Owner { get; set; }

    /// <summary>Whether polls need not hold a reference; as <see cref="ProviderQueuePair.GuardsPosts"/>.</summary>
    internal bool GuardsPolls { get; init; }

    /// <summary>Entries that it really has.</summary>
    internal abstract int Capacity { get; }

    /// <summary>Takes completions, and drives a software device on. Negative: minus an errno.</summary>
    internal abstract int Poll(Span<WorkCompletion> completions);

    /// <summary>Asks for one event at the next completion.</summary>
    internal abstract Errno RequestNotification(bool solicitedOnly);

    internal abstract Errno Resize(int entries);
}
