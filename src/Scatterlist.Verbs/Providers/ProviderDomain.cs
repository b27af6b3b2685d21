namespace Scatterlist.Verbs.Providers;

/// <summary>A protection domain (struct ibv_pd).</summary>
internal abstract class ProviderDomain(nint handle, ProviderContext context) : NativeHandle(handle, context)
{
    /// <summary>
    /// Registers memory. The region keeps <paramref name="owner"/>, the handle that keeps the pages, until it is
    /// released.
    /// </summary>
    /// <param name="memory">The bytes.</param>
    /// <param name="iova">The address by which elements and peers name the first byte; 0 for a zero-based
    /// region.</param>
    /// <param name="access">The rights.</param>
    /// <param name="owner">What keeps the memory in place; null when the caller promises to.</param>
    /// <param name="shared">The memfd behind the memory, by which another process of the user may map it; or
    /// null.</param>
    /// <param name="sharedOffset">Where the first byte lies in the memfd.</param>
    internal abstract ProviderRegion RegisterMemory(
        Block memory, ulong iova, AccessFlags access, NativeHandle? owner, FileDescriptor? shared, ulong sharedOffset);

    internal abstract ProviderRegion RegisterDeviceMemory(
        ProviderDeviceMemory memory, nuint offset, nuint length, AccessFlags access);

    /// <exception cref="VerbsException">NotSupported: The provider has no dma-buf support.</exception>
    internal abstract ProviderRegion RegisterDmaBuf(
        FileDescriptor buffer, ulong offset, nuint length, ulong iova, AccessFlags access);

    internal abstract ProviderSharedReceiveQueue CreateSharedReceiveQueue(SharedReceiveQueueAttributes attributes);

    internal abstract ProviderQueuePair CreateQueuePair(QueuePairRequest request);

    internal abstract ProviderAddressHandle CreateAddressHandle(in AddressHandleAttributes attributes);
}
