namespace Scatterlist.Vrtd.Client;

/// <summary>
/// Something the daemon made for this session: a buffer's device memory with its queue, or a queue pair. Released, it
/// is given back by a request; on the finalizer's thread, which must not wait for a daemon, by the thread pool.
/// </summary>
internal sealed class DaemonObject : NativeHandle
{
    private readonly Connection _connection;
    private readonly Cleanup _cleanup;
    private IDisposable? _companion;

    /// <summary>
    /// Takes over what the daemon made. The caller has counted it by <see cref="Connection.TryAddChild"/>.
    /// </summary>
    public DaemonObject(Connection connection, Cleanup cleanup)
        : base(1, parent: null)
    {
        _connection = connection;
        _cleanup = cleanup;
    }

    /// <summary>Something to dispose once nobody uses this any more. The caller holds a reference.</summary>
    public void Attach(IDisposable companion) => _companion = companion;

    protected override bool ReleaseNative()
    {
        try
        {
            if (IsFinalizing)
                _connection.GiveBackLater(_cleanup);
            else
                _connection.GiveBack(_cleanup);
        }
        finally
        {
            // After the daemon let go: until then a transfer may still be on its way to these pages.
            _companion?.Dispose();
            _connection.ReleaseChild();
        }

        return true;
    }
}
