namespace Scatterlist.Verbs.Providers;

/// <summary>
/// An open device (struct ibv_context). Like every object of a provider it is a handle that keeps its parents, so
/// that
/// users dispose in any order; releasing is the native destroy. Set-up calls throw <see cref="VerbsException"/>.
/// </summary>
internal abstract class ProviderContext(nint handle) : NativeHandle(handle, null)
{
    /// <summary>Readable when an asynchronous event waits; -1 where the provider has none.</summary>
    internal abstract int AsyncEventDescriptor { get; }

    internal abstract DeviceAttributes QueryDevice();

    internal abstract PortAttributes QueryPort(byte port);

    /// <summary>Every GID that is not empty, of all ports.</summary>
    internal abstract IReadOnlyList<GidEntry> QueryGids();

    internal abstract ushort QueryPartitionKey(byte port, int index);

    internal abstract ProviderDomain AllocateDomain();

    internal abstract ProviderCompletionChannel CreateCompletionChannel();

    /// <summary>At least <paramref name="entries"/> entries.</summary>
    internal abstract ProviderCompletionQueue CreateCompletionQueue(
        int entries, ProviderCompletionChannel? channel, int vector);

    /// <exception cref="VerbsException">NotSupported: The device has no memory of its own.</exception>
    internal abstract ProviderDeviceMemory AllocateDeviceMemory(nuint length, uint logAlignment);

    /// <summary>Takes the next event without waiting. The element is the provider's object that it is
    /// about.</summary>
    internal abstract bool TryGetAsyncEvent(out AsyncEventType type, out NativeHandle? element, out byte port);
}
