using Scatterlist.Vrtd.Client;
using Scatterlist.Vrtd.DataPath;
using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd;

/// <summary>
/// A queue pair of a card's QDMA engine. Disposing it deletes it, queue 0 included, once its descriptors and streams
/// are closed too; the daemon itself does not clean up after a client.
/// </summary>
/// <remarks>
/// A queue pair has no owner: any client with the <c>qdma</c> permission may stop or delete it. Thread-safe. Source:
/// vrtd wire specification, sections 5 and 11.7.
/// </remarks>
public sealed class QdmaQueuePair : IDisposable
{
    private readonly DaemonClient _client;
    private readonly DaemonObject _pair;
    private readonly QdmaQueuePairOptions _options;

    internal QdmaQueuePair(
        DaemonClient client, DaemonObject pair, int device, uint queueId, QdmaQueuePairOptions options)
    {
        _client = client;
        _pair = pair;
        _options = options;
        DeviceNumber = device;
        QueueId = queueId;
    }

    /// <summary>The number of the device.</summary>
    public int DeviceNumber { get; }

    /// <summary>The queue's number on the device.</summary>
    public uint QueueId { get; }

    /// <summary>How it was made.</summary>
    public QdmaQueuePairOptions Options => _options;

    /// <summary>Whether it was disposed.</summary>
    public bool IsClosed => _pair.IsDisposed;

    /// <summary>Starts the queues. They have to be stopped.</summary>
    /// <exception cref="ObjectDisposedException">The queue pair is disposed, or its session closed.</exception>
    /// <exception cref="VrtdException">The daemon refused; the message has the remedy.</exception>
    public void Start(CancellationToken cancellationToken = default) =>
        Operate(QueuePairOperation.Start, cancellationToken);

    /// <summary>Stops the queues. They have to be started.</summary>
    /// <inheritdoc cref="Start"/>
    public void Stop(CancellationToken cancellationToken = default) =>
        Operate(QueuePairOperation.Stop, cancellationToken);

    /// <summary>
    /// Asks for a descriptor of the started queues, which the caller disposes. In memory-mapped mode its file offset is
    /// the device address. It keeps the queue pair from being deleted.
    /// </summary>
    /// <inheritdoc cref="Start"/>
    public FileDescriptor OpenDescriptor(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        using FileDescriptor descriptor =
            _client.GetQueuePairDescriptor(DeviceNumber, QueueId, cancellationToken);
        return FileDescriptor.FromOwned(descriptor.ReleaseOwnership(), _pair);
    }

    /// <summary>
    /// The card's memory as a stream: the position is the device address. It keeps the queue pair from being deleted.
    /// Every read fills its buffer; there is no end. Not thread-safe, as streams are.
    /// </summary>
    /// <exception cref="NotSupportedException">The queue pair is in streaming mode, which has no addresses.</exception>
    /// <inheritdoc cref="Start"/>
    public Stream OpenStream(CancellationToken cancellationToken = default)
    {
        if (_options.Mode != QdmaMode.MemoryMapped)
        {
            throw new NotSupportedException(
                "A queue pair in streaming mode has no addresses to seek to: use OpenDescriptor and that one's calls.");
        }

        FileDescriptor descriptor = OpenDescriptor(cancellationToken);
        try
        {
            return new QdmaMemoryStream(
                descriptor,
                DataPaths.Open(descriptor, 1, $"examining the descriptor of {this}"),
                _options.Directions,
                ToString());
        }
        catch
        {
            descriptor.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Deletes the queue pair when its last descriptor is closed. Errors are not reported. Idempotent.
    /// </summary>
    public void Dispose() => _pair.Dispose();

    /// <summary>For people.</summary>
    public override string ToString() => $"queue pair {QueueId} of device {DeviceNumber}";

    private void Operate(QueuePairOperation operation, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        _client.OperateQueuePair(DeviceNumber, QueueId, operation, cancellationToken);
    }
}
