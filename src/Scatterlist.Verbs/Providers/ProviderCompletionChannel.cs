namespace Scatterlist.Verbs.Providers;

/// <summary>A completion event channel (struct ibv_comp_channel).</summary>
internal abstract class ProviderCompletionChannel(nint handle, ProviderContext context)
    : NativeHandle(handle, context)
{
    /// <summary>Readable when an event waits; non-blocking.</summary>
    internal abstract int Descriptor { get; }

    /// <summary>Takes and acknowledges the next event without waiting; null when there is none.</summary>
    internal abstract ProviderCompletionQueue? TryTakeEvent();
}
