using Scatterlist.HostFd;

namespace Scatterlist.Vrtd.Emulator;

public sealed partial class EmulatedDaemon
{
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// Stops: hangs up on every client, removes the socket file, gives all memory back. Descriptors that clients hold
    /// stay valid. Idempotent.
    /// </summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
        }

        _stopping.Cancel();
        _listener?.Dispose();
        _acceptor?.Join();
        bool allEnded = HangUpOnAll() & Handler.WaitForBackground(JoinTimeout);
        if (!allEnded)
            return; // A client's own descriptor blocks a read: its thread keeps what it uses until that returns.
        foreach (EmulatedDevice? device in _devices)
            device?.Dispose(); // null when making one failed
        _stopping.Dispose();
    }

    /// <summary>Takes a connection that has ended off the table, with all that it owned.</summary>
    internal void Forget(Connection connection)
    {
        foreach (EmulatedDevice device in _devices)
            device.Disconnect(connection.Id);
        bool isLast;
        lock (_gate)
        {
            _connections.Remove(connection.Id);
            isLast = _stopsWhenIdle && _connections.Count == 0;
        }

        // From another thread, because stopping waits for this one.
        if (isLast)
            ThreadPool.UnsafeQueueUserWorkItem(static daemon => daemon.Dispose(), this, preferLocal: false);
    }

    /// <summary>Makes the daemon stop by itself when no connection is left. There must be one.</summary>
    internal void StopWhenIdle()
    {
        lock (_gate)
            _stopsWhenIdle = true;
    }

    private void Listen()
    {
        if (Options.SocketPath is not { } path)
            return;
        string? directory = Path.GetDirectoryName(Path.GetFullPath(path));
        if (directory is not null && !Directory.Exists(directory))
        {
            const UnixFileMode own = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
            Directory.CreateDirectory(directory, own);
        }

        _listener = UnixSocket.Listen(
            path, UnixSocketType.SeqPacket, new UnixListenOptions { Mode = Options.SocketMode });
        _acceptor = new Thread(AcceptAll, 256 << 10) { IsBackground = true, Name = "vrtd listener" };
        _acceptor.Start();
    }

    private void AcceptAll()
    {
        while (!Stopping.IsCancellationRequested)
        {
            try
            {
                Serve(_listener!.Accept(Stopping));
            }
            catch (Exception problem) when (problem is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (Exception problem) when (problem is ScatterlistException or OutOfMemoryException)
            {
                Logger.TurnedAway(problem);

                // No descriptors or threads left, too many clients, or one that is gone already: the others go on, and
                // a pause keeps this from spinning until something is free again.
                Stopping.WaitHandle.WaitOne(AcceptPause);
            }
        }
    }

    private bool HangUpOnAll()
    {
        Connection[] live;
        lock (_gate)
            live = [.. _connections.Values];
        foreach (Connection connection in live)
            connection.HangUp();
        bool allEnded = true;
        foreach (Connection connection in live)
            allEnded &= connection.Join(JoinTimeout);
        return allEnded;
    }
}
