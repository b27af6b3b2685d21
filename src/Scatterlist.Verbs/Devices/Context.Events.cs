using Scatterlist.HostFd;
using Scatterlist.Verbs.Providers;

namespace Scatterlist.Verbs;

/// <summary>Asynchronous events (ibv_get_async_event(3)): errors of queues, changes of ports.</summary>
public sealed partial class Context
{
    private readonly DescriptorWaits _eventWaits;
    private FileDescriptor? _eventDescriptor;

    /// <summary>
    /// Readable while an asynchronous event waits, for a program's own poll(2); -1 where the provider has none. It
    /// belongs to the context.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The context is disposed.</exception>
    public int AsyncEventDescriptor
    {
        get
        {
            using HeldHandle held = _provider.Hold(this);
            return _provider.AsyncEventDescriptor;
        }
    }

    /// <summary>Takes the next asynchronous event without waiting.</summary>
    /// <exception cref="ObjectDisposedException">The context is disposed.</exception>
    public bool TryGetAsyncEvent(out AsyncEvent asyncEvent)
    {
        using HeldHandle held = _provider.Hold(this);
        if (!_provider.TryGetAsyncEvent(out AsyncEventType type, out NativeHandle? element, out byte port))
        {
            asyncEvent = default;
            return false;
        }

        object? owner = element switch
        {
            ProviderQueuePair queuePair => queuePair.Owner,
            ProviderCompletionQueue queue => queue.Owner,
            ProviderSharedReceiveQueue queue => queue.Owner,
            _ => null,
        };
        asyncEvent = new AsyncEvent(type, port, owner);
        return true;
    }

    /// <summary>Waits, without a thread, for the next asynchronous event.</summary>
    /// <param name="cancellationToken">Ends the wait; no event is lost by it.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The context is, or was meanwhile, disposed.</exception>
    /// <exception cref="NotSupportedException">The provider has no asynchronous events.</exception>
    public async ValueTask<AsyncEvent> GetAsyncEventAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TryGetAsyncEvent(out AsyncEvent asyncEvent))
                return asyncEvent;
            await _eventWaits.ReadableAsync(GetEventDescriptor(), cancellationToken).ConfigureAwait(false);
        }
    }

    private FileDescriptor GetEventDescriptor()
    {
        lock (_lock)
        {
            int descriptor = AsyncEventDescriptor;
            if (descriptor < 0)
                throw new NotSupportedException($"{DeviceName} has no asynchronous events.");
            return _eventDescriptor ??= FileDescriptor.DuplicateOf(descriptor);
        }
    }
}
