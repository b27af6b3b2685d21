using Scatterlist.Verbs.Interop;

namespace Scatterlist.Verbs.Providers;

/// <summary>A shared receive queue (struct ibv_srq).</summary>
internal abstract unsafe class ProviderSharedReceiveQueue(nint handle, ProviderDomain domain)
    : ProviderQueue(handle, domain)
{
    /// <summary>The public object, by which events name it.</summary>
    internal object? Owner { get; set; }

    internal abstract SharedReceiveQueueAttributes Query();

    /// <summary>Changes the limit, the size, or both; null leaves one as it is.</summary>
    internal abstract Errno Modify(int? limit, int? maxWorkRequests);

    internal abstract Errno PostReceive(ReceiveEntry* entries, int count, out int posted);
}
