using Scatterlist.Verbs.Providers;

namespace Scatterlist.Verbs;

/// <summary>
/// A queue pair (struct ibv_qp): work requests go in, completions come out of its completion queues. Made by
/// <see cref="Builder"/>, connected by <see cref="PreparedQueuePair.Handshake"/>.
/// </summary>
/// <remarks>
/// <para>Three ways to wait: poll the completion queues; post in a scope (<see cref="BeginScope"/>), which does not end
/// with work outstanding; or await (<c>WriteAsync</c> and the like).</para>
/// <para>Posts take the bytes from and put them to registered memory, which the regions keep in place. A region that is
/// disposed meanwhile makes the work fail; its memory is not touched afterwards.</para>
/// <para>Thread-safe. Dispose it in any order with its domain and queues, which it keeps.</para>
/// </remarks>
public sealed partial class QueuePair : IDisposable
{
    private static readonly TimeSpan ScopePatience = TimeSpan.FromSeconds(10);

    private readonly ProviderQueuePair _provider;
    private readonly QueuePairCapabilities _capabilities;

    internal QueuePair(
        ProtectionDomain domain, ProviderQueuePair provider, QueuePairType type, CompletionQueue sendQueue,
        CompletionQueue receiveQueue, SharedReceiveQueue? sharedReceiveQueue)
    {
        Domain = domain;
        _provider = provider;
        _capabilities = provider.Capabilities;
        Type = type;
        Number = provider.Number;
        SendCompletionQueue = sendQueue;
        ReceiveCompletionQueue = receiveQueue;
        SharedReceiveQueue = sharedReceiveQueue;
        provider.Owner = this;
    }

    /// <summary>The domain that it belongs to.</summary>
    public ProtectionDomain Domain { get; }

    /// <summary>Its kind.</summary>
    public QueuePairType Type { get; }

    /// <summary>Its number, 24 bits: completions and peers name it by that.</summary>
    public uint Number { get; }

    /// <summary>The sizes that its queues really have.</summary>
    public QueuePairCapabilities Capabilities => _capabilities;

    /// <summary>Where sends, writes, reads and atomic operations complete.</summary>
    public CompletionQueue SendCompletionQueue { get; }

    /// <summary>Where receives complete.</summary>
    public CompletionQueue ReceiveCompletionQueue { get; }

    /// <summary>Where it takes its receives from, if not from a queue of its own.</summary>
    public SharedReceiveQueue? SharedReceiveQueue { get; }

    /// <summary>Its state now.</summary>
    /// <exception cref="VerbsException">The device does not answer.</exception>
    /// <exception cref="ObjectDisposedException">The queue pair is disposed.</exception>
    public QueuePairState State => Query(QueuePairAttributeMask.State).State;

    /// <summary>Whether <see cref="Dispose"/> was called.</summary>
    public bool IsDisposed => _provider.IsDisposed;

    internal ProviderQueuePair Provider => _provider;

    /// <summary>Starts to describe a queue pair. Required is a completion queue; all else has a default.</summary>
    /// <param name="domain">The domain that it belongs to.</param>
    public static QueuePairBuilder Builder(ProtectionDomain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        return new QueuePairBuilder(domain);
    }

    /// <summary>
    /// Changes attributes, for full control (ibv_modify_qp(3)). What goes wrong is named: an attribute that the
    /// transition lacks or does not allow, or a value past a limit.
    /// </summary>
    /// <param name="attributes">The new values.</param>
    /// <param name="mask">Which of them count.</param>
    /// <exception cref="VerbsException">The device refused.</exception>
    /// <exception cref="ObjectDisposedException">The queue pair is disposed.</exception>
    public void Modify(in QueuePairAttributes attributes, QueuePairAttributeMask mask)
    {
        ObjectDisposedException.ThrowIf(!_provider.TryHold(), this);
        try
        {
            QueuePairState before = CurrentState();
            Errno errno = _provider.Modify(attributes, mask);
            if (errno != Errno.None)
                throw TransitionDiagnosis.Explain(this, before, attributes, mask, errno);
            if ((mask & QueuePairAttributeMask.State) != 0 && attributes.State == QueuePairState.Reset)
                FlushTracked(); // a reset drops work without completions
        }
        finally
        {
            _provider.DangerousRelease();
        }
    }

    /// <summary>Reads attributes (ibv_query_qp(3)).</summary>
    /// <param name="mask">Which of them are wanted; devices may fill in more.</param>
    /// <exception cref="VerbsException">The device refused.</exception>
    /// <exception cref="ObjectDisposedException">The queue pair is disposed.</exception>
    public QueuePairAttributes Query(QueuePairAttributeMask mask = (QueuePairAttributeMask)0x1fffff)
    {
        ObjectDisposedException.ThrowIf(!_provider.TryHold(), this);
        try
        {
            Errno errno = _provider.Query(mask, out QueuePairAttributes attributes);
            return errno == Errno.None
                ? attributes
                : throw new VerbsException($"ibv_query_qp(QP {Number}, {mask})", errno);
        }
        finally
        {
            _provider.DangerousRelease();
        }
    }

    /// <summary>
    /// Moves the queue pair to the error state: all work that is outstanding completes as flushed, and new posts do so
    /// at once.
    /// </summary>
    /// <exception cref="VerbsException">The device refused.</exception>
    /// <exception cref="ObjectDisposedException">The queue pair is disposed.</exception>
    public void MoveToError() =>
        Modify(new QueuePairAttributes { State = QueuePairState.Error }, QueuePairAttributeMask.State);

    /// <summary>Opens a scope: what is posted in it is done when it ends.</summary>
    /// <param name="patience">How long its end waits for completions before it flushes the queue pair; null: 10 s.
    /// </param>
    /// <exception cref="ObjectDisposedException">The queue pair is disposed.</exception>
    public WorkScope BeginScope(TimeSpan? patience = null)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return new WorkScope(this, patience ?? ScopePatience);
    }

    /// <summary>
    /// Ends the queue pair (ibv_destroy_qp(3)). Awaited and scoped work that is outstanding completes first, as flushed;
    /// other work is dropped. Idempotent.
    /// </summary>
    public void Dispose()
    {
        if (!_provider.TryHold())
            return;
        try
        {
            _provider.Dispose(); // nothing is posted from here on
            if (SendCompletionQueue.Tracks(_provider) || ReceiveCompletionQueue.Tracks(_provider))
            {
                // Work that somebody waits for holds the native object until its completion, so let it complete.
                _ = _provider.Modify(
                    new QueuePairAttributes { State = QueuePairState.Error }, QueuePairAttributeMask.State);
            }
        }
        finally
        {
            _provider.DangerousRelease();
        }
    }

    /// <summary>The number and the kind.</summary>
    public override string ToString() => $"{Type} QP {Number}";

    /// <summary>Completes as flushed what somebody waits for and the device will not complete.</summary>
    internal void FlushTracked()
    {
        SendCompletionQueue.Flush(_provider);
        ReceiveCompletionQueue.Flush(_provider);
    }

    private QueuePairState CurrentState() =>
        _provider.Query(QueuePairAttributeMask.State, out QueuePairAttributes attributes) == Errno.None
            ? attributes.State
            : (QueuePairState)(-1);
}
