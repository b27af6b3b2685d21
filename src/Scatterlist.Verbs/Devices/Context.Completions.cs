using Scatterlist.Verbs.Providers;
using Scatterlist.Verbs.Waiting;

namespace Scatterlist.Verbs;

/// <summary>Completion queues and channels.</summary>
public sealed partial class Context
{
    private EventHub? _hub;

    /// <summary>Makes a completion queue (ibv_create_cq(3)).</summary>
    /// <param name="entries">Completions that it holds at least.</param>
    /// <param name="channel">Where the program takes its events; null: the library takes them, which is what awaiting
    /// (<see cref="CompletionQueue.WaitAsync"/>, <c>WriteAsync</c> and the like) needs. Polling needs neither.</param>
    /// <param name="vector">The completion vector, for devices that have several.</param>
    /// <exception cref="VerbsException">InvalidInput: past the device's limit; Resource.</exception>
    /// <exception cref="ObjectDisposedException">The context or the channel is disposed.</exception>
    public CompletionQueue CreateCompletionQueue(int entries, CompletionChannel? channel = null, int vector = 0)
    {
        using HeldHandle held = _provider.Hold(this);
        string verb = $"ibv_create_cq(cqe {entries})";
        LimitCheck.Range(
            verb, "cqe", entries, 1, Attributes.MaxCompletionQueueEntries, "DeviceAttributes.MaxCompletionQueueEntries");
        if (channel is not null)
        {
            using HeldHandle heldChannel = channel.Provider.Hold(channel);
            ProviderCompletionQueue own = _provider.CreateCompletionQueue(entries, channel.Provider, vector);
            return new CompletionQueue(this, own, channel, hub: null);
        }

        EventHub hub = GetHub();
        try
        {
            ProviderCompletionQueue queue = _provider.CreateCompletionQueue(entries, hub.Channel, vector);
            return new CompletionQueue(this, queue, channel: null, hub);
        }
        catch
        {
            hub.Release();
            throw;
        }
    }

    /// <summary>Makes a completion event channel (ibv_create_comp_channel(3)).</summary>
    /// <exception cref="VerbsException">Resource: no descriptor is left.</exception>
    /// <exception cref="ObjectDisposedException">The context is disposed.</exception>
    public CompletionChannel CreateCompletionChannel()
    {
        using HeldHandle held = _provider.Hold(this);
        return new CompletionChannel(_provider.CreateCompletionChannel());
    }

    /// <summary>Lets the device go; what was made from it keeps the native context. Idempotent.</summary>
    public void Dispose()
    {
        EventHub? hub;
        _provider.Dispose();
        _eventWaits.Dispose();
        lock (_lock)
        {
            _eventDescriptor?.Dispose();
            hub = _hub;
            _hub = null;
        }

        hub?.Release();
    }

    /// <summary>The context's own channel, with a reference for a queue.</summary>
    private EventHub GetHub()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            _hub ??= new EventHub(_provider.CreateCompletionChannel());
            _hub.AddReference();
            return _hub;
        }
    }
}
