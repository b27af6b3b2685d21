using Scatterlist.Verbs.Providers;

namespace Scatterlist.Verbs;

/// <summary>
/// A shared receive queue (struct ibv_srq): receives that several queue pairs take from. Made by
/// <see cref="ProtectionDomain.CreateSharedReceiveQueue"/>. Thread-safe; dispose it in any order with its queue pairs,
/// which keep it.
/// </summary>
public sealed partial class SharedReceiveQueue : IDisposable
{
    private readonly ProviderSharedReceiveQueue _provider;
    private readonly int _maxElements;

    internal SharedReceiveQueue(ProtectionDomain domain, ProviderSharedReceiveQueue provider)
    {
        Domain = domain;
        _provider = provider;
        _maxElements = provider.Query().MaxElements;
        provider.Owner = this;
    }

    /// <summary>The domain that it belongs to.</summary>
    public ProtectionDomain Domain { get; }

    /// <summary>Whether <see cref="Dispose"/> was called.</summary>
    public bool IsDisposed => _provider.IsDisposed;

    internal ProviderSharedReceiveQueue Provider => _provider;

    /// <summary>Its sizes and its limit now (ibv_query_srq(3)).</summary>
    /// <exception cref="VerbsException">The device does not answer.</exception>
    /// <exception cref="ObjectDisposedException">The queue is disposed.</exception>
    public SharedReceiveQueueAttributes Query()
    {
        using HeldHandle held = _provider.Hold(this);
        return _provider.Query();
    }

    /// <summary>
    /// Asks for one <see cref="AsyncEventType.SharedReceiveQueueLimitReached"/> event when fewer receives are left
    /// (ibv_modify_srq(3)).
    /// </summary>
    /// <param name="limit">The number of receives; 0 asks for none.</param>
    /// <exception cref="VerbsException">InvalidInput: more than the queue holds.</exception>
    /// <exception cref="ObjectDisposedException">The queue is disposed.</exception>
    public void SetLimit(int limit) => Modify($"srq_limit {limit}", limit, null);

    /// <summary>Changes how many receives it holds (ibv_modify_srq(3)).</summary>
    /// <exception cref="VerbsException">NotSupported, or InvalidInput past the device's limit.</exception>
    /// <exception cref="ObjectDisposedException">The queue is disposed.</exception>
    public void Resize(int maxWorkRequests) => Modify($"max_wr {maxWorkRequests}", null, maxWorkRequests);

    /// <summary>Lets the queue go; its queue pairs keep it. Idempotent.</summary>
    public void Dispose() => _provider.Dispose();

    private void Modify(string what, int? limit, int? maxWorkRequests)
    {
        ObjectDisposedException.ThrowIf(!_provider.TryHold(), this);
        try
        {
            Errno errno = _provider.Modify(limit, maxWorkRequests);
            if (errno != Errno.None)
                throw new VerbsException($"ibv_modify_srq({what})", errno);
        }
        finally
        {
            _provider.DangerousRelease();
        }
    }
}
