using Scatterlist.Vrtd.Client;
using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd;

public sealed partial class Device
{
    /// <summary>Allocates device memory.</summary>
    /// <param name="type">Which memory.</param>
    /// <param name="size">
    /// Bytes, 1 to 512 MiB. The daemon rounds up to a multiple of 64 MiB: <see cref="DeviceBuffer.Size"/>.
    /// </param>
    /// <param name="argument">The region of HBM, 0 to 63; otherwise ignored.</param>
    /// <param name="direction">Which ways bytes will move.</param>
    /// <param name="channel">The NoC channel. Only <see cref="QdmaChannel.Auto"/> for a version 1 daemon.</param>
    /// <param name="cancellationToken">
    /// Stops waiting for the daemon; the session stays usable, and what the daemon still opens is closed.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">A size of 0.</exception>
    /// <exception cref="ObjectDisposedException">The session is closed.</exception>
    /// <exception cref="VrtdException">
    /// The daemon refused: no room (<see cref="VrtdReturnCode.Busy"/>), a bad size or region, a missing permission.
    /// </exception>
    public DeviceBuffer OpenBuffer(
        BufferAllocType type,
        ulong size,
        ulong argument = 0,
        BufferAllocDirection direction = BufferAllocDirection.Bidirectional,
        QdmaChannel channel = QdmaChannel.Auto,
        CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfZero(size);
        OpenedBuffer opened = Client.OpenBuffer(
            new BufferOpenRequest((uint)Number, type, direction, channel, argument, size), cancellationToken);
        return DeviceBuffer.Create(Number, type, direction, argument, isRaw: false, opened);
    }

    /// <summary>Allocates DDR.</summary>
    /// <inheritdoc cref="OpenBuffer"/>
    public DeviceBuffer OpenDdrBuffer(
        ulong size,
        BufferAllocDirection direction = BufferAllocDirection.Bidirectional,
        QdmaChannel channel = QdmaChannel.Auto,
        CancellationToken cancellationToken = default) =>
        OpenBuffer(BufferAllocType.Ddr, size, 0, direction, channel, cancellationToken);

    /// <summary>Allocates HBM in one region of 512 MiB.</summary>
    /// <param name="region">The region, 0 to 63.</param>
    /// <param name="size">Bytes, 1 to 512 MiB, rounded up to a multiple of 64 MiB.</param>
    /// <param name="direction">Which ways bytes will move.</param>
    /// <param name="channel">The NoC channel. Only <see cref="QdmaChannel.Auto"/> for a version 1 daemon.</param>
    /// <param name="cancellationToken">See <see cref="OpenBuffer"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size of 0, or a region that is not 0 to 63.</exception>
    /// <inheritdoc cref="OpenBuffer"/>
    public DeviceBuffer OpenHbmBuffer(
        int region,
        ulong size,
        BufferAllocDirection direction = BufferAllocDirection.Bidirectional,
        QdmaChannel channel = QdmaChannel.Auto,
        CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(region);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(region, 63);
        return OpenBuffer(BufferAllocType.Hbm, size, (ulong)region, direction, channel, cancellationToken);
    }

    /// <summary>Allocates HBM in the first region with room, reached through the NoC.</summary>
    /// <inheritdoc cref="OpenBuffer"/>
    public DeviceBuffer OpenHbmVnocBuffer(
        ulong size,
        BufferAllocDirection direction = BufferAllocDirection.Bidirectional,
        QdmaChannel channel = QdmaChannel.Auto,
        CancellationToken cancellationToken = default) =>
        OpenBuffer(BufferAllocType.HbmVnoc, size, 0, direction, channel, cancellationToken);

    /// <summary>
    /// Opens device memory at an address, whoever it belongs to: the daemon neither allocates nor checks it. It needs
    /// the permission <c>raw-mem-access</c>.
    /// </summary>
    /// <remarks>
    /// A version 1 daemon never frees the queue of a raw buffer, because it forgets who opened it; its 63rd raw buffer
    /// is its last until it is restarted.
    /// </remarks>
    /// <param name="address">Where on the device; need not be aligned.</param>
    /// <param name="size">Bytes, at least 1. Nothing is rounded.</param>
    /// <param name="direction">Which ways bytes will move.</param>
    /// <param name="channel">The NoC channel. Only <see cref="QdmaChannel.Auto"/> for a version 1 daemon.</param>
    /// <param name="cancellationToken">See <see cref="OpenBuffer"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size of 0, or a range past the end of the address space.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The session is closed.</exception>
    /// <exception cref="VrtdException">The daemon refused; the message has the remedy.</exception>
    public DeviceBuffer OpenRawBuffer(
        DeviceAddress address,
        ulong size,
        BufferAllocDirection direction = BufferAllocDirection.Bidirectional,
        QdmaChannel channel = QdmaChannel.Auto,
        CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfZero(size);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, ulong.MaxValue - address.Value);
        OpenedBuffer opened = Client.OpenRawBuffer(
            new BufferOpenRawRequest((uint)Number, direction, channel, address.Value, size), cancellationToken);
        return DeviceBuffer.Create(Number, BufferAllocType.Ddr, direction, 0, isRaw: true, opened);
    }

    /// <summary>Makes a queue pair. It has to be started before it moves bytes.</summary>
    /// <param name="options">How; null for memory-mapped in both directions.</param>
    /// <param name="cancellationToken">
    /// Stops waiting for the daemon; the session stays usable, and what the daemon still makes is deleted.
    /// </param>
    /// <exception cref="ObjectDisposedException">The session is closed.</exception>
    /// <exception cref="VrtdException">The daemon refused; the message has the remedy.</exception>
    public QdmaQueuePair CreateQdmaQueuePair(
        QdmaQueuePairOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= QdmaQueuePairOptions.Default;
        DaemonClient client = Client;
        QueuePairConfig config = new(
            options.Mode,
            options.Directions,
            options.Channel,
            options.HostToCardRing,
            options.CardToHostRing,
            options.CompletionRing,
            0,
            options.ApertureSize);
        uint queueId = client.AddQueuePair(Number, config, cancellationToken);
        ObjectDisposedException.ThrowIf(!client.Connection.TryAddChild(), _session);
        DaemonObject pair = new(client.Connection, Cleanup.QueuePair((uint)Number, queueId));
        return new QdmaQueuePair(client, pair, Number, queueId, options);
    }
}
