namespace Scatterlist.Vfio;

/// <summary>A command that waits for its reply. Reused.</summary>
internal sealed class PendingCall(ushort id)
{
    private readonly object _monitor = new();
    private bool _isSignalled;
    private volatile bool _isDone;
    private volatile bool _isSent;

    internal ushort Id { get; } = id;

    internal UserCommand Command { get; private set; }

    internal bool IsDone => _isDone;

    /// <summary>Whether its caller has sent it and goes on to receive or wait.</summary>
    internal bool IsSent
    {
        get => _isSent;
        set => _isSent = value;
    }

    /// <summary>The reply, when there is one and the caller shall return it.</summary>
    internal Message? Reply { get; private set; }

    internal Errno Errno { get; private set; }

    internal void Start(UserCommand command)
    {
        Command = command;
        Reply = null;
        Errno = Errno.None;
        _isDone = false;
        _isSent = false;
        lock (_monitor)
            _isSignalled = false;
    }

    internal void Complete(Errno errno, Message? reply)
    {
        Errno = errno;
        Reply = reply;
        _isDone = true;
        Signal();
    }

    /// <summary>Nobody receives at the moment: the caller shall.</summary>
    internal void AskToReceive() => Signal();

    /// <summary>Waits until it is done or its caller is asked to receive, or the time is over.</summary>
    internal void Wait(TimeSpan timeout)
    {
        lock (_monitor)
        {
            if (!_isSignalled && !_isDone)
                Monitor.Wait(_monitor, timeout);
            _isSignalled = false;
        }
    }

    private void Signal()
    {
        lock (_monitor)
        {
            _isSignalled = true;
            Monitor.PulseAll(_monitor);
        }
    }
}
