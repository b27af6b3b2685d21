using Scatterlist.Verbs.Providers;

namespace Scatterlist.Verbs;

/// <summary>
/// A completion event channel (struct ibv_comp_channel): where the events of completion queues arrive that the program
/// takes itself. Thread-safe; dispose it in any order with its queues, which keep it.
/// </summary>
public sealed class CompletionChannel : IDisposable
{
    private readonly ProviderCompletionChannel _provider;
    private readonly DescriptorWaits _waits;
    private readonly Lock _lock = new();
    private FileDescriptor? _duplicate;

    internal CompletionChannel(ProviderCompletionChannel provider)
    {
        _provider = provider;
        _waits = new DescriptorWaits(this);
    }

    /// <summary>Readable while an event waits, for a program's own poll(2). It belongs to the channel.</summary>
    /// <exception cref="ObjectDisposedException">The channel is disposed.</exception>
    public int Descriptor
    {
        get
        {
            using HeldHandle held = _provider.Hold(this);
            return _provider.Descriptor;
        }
    }

    /// <summary>Whether <see cref="Dispose"/> was called.</summary>
    public bool IsDisposed => _provider.IsDisposed;

    internal ProviderCompletionChannel Provider => _provider;

    /// <summary>Takes and acknowledges the next event without waiting.</summary>
    /// <returns>The queue that it is about, to be polled until it is empty; null when no event waits.</returns>
    /// <exception cref="ObjectDisposedException">The channel is disposed.</exception>
    public CompletionQueue? TryGetEvent()
    {
        ObjectDisposedException.ThrowIf(!_provider.TryHold(), this);
        try
        {
            while (_provider.TryTakeEvent() is { } queue)
            {
                if (queue.Owner is CompletionQueue { IsDisposed: false } owner)
                    return owner;
            }

            return null;
        }
        finally
        {
            _provider.DangerousRelease();
        }
    }

    /// <summary>Waits, without a thread, for the next event.</summary>
    /// <param name="cancellationToken">Ends the wait; no event is lost by it.</param>
    /// <returns>The queue that it is about, to be polled until it is empty.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The channel is, or was meanwhile, disposed.</exception>
    public async ValueTask<CompletionQueue> GetEventAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TryGetEvent() is { } queue)
                return queue;
            await _waits.ReadableAsync(Duplicate(), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Lets the channel go; its queues keep it. Idempotent.</summary>
    public void Dispose()
    {
        _provider.Dispose();
        _waits.Dispose();
        lock (_lock)
            _duplicate?.Dispose();
    }

    private FileDescriptor Duplicate()
    {
        lock (_lock)
            return _duplicate ??= FileDescriptor.DuplicateOf(Descriptor);
    }
}
