using Scatterlist.Vrtd;

namespace Scatterlist.Transfer;

/// <summary>A range of a V80's memory as an endpoint.</summary>
public sealed class VrtdEndpoint : Endpoint
{
    // What memories there are: the daemon checks no range of a raw buffer (vrtd wire specification, section 6).
    private static readonly (ulong Start, ulong End)[] Memories =
    [
        (0x40_0000_0000, 0x48_0000_0000),
        (0x600_0000_0000, 0x608_0000_0000),
    ];

    private readonly DeviceBuffer _buffer;
    private readonly Session? _session;
    private readonly ulong _length;

    /// <summary>A buffer as an endpoint. The buffer stays the caller's.</summary>
    /// <param name="buffer">The buffer, open.</param>
    /// <param name="length">Bytes from its start; null for all of it.</param>
    /// <exception cref="ArgumentOutOfRangeException">The buffer has fewer bytes.</exception>
    public VrtdEndpoint(DeviceBuffer buffer, ulong? length = null)
        : this(buffer, length ?? buffer?.Size ?? throw new ArgumentNullException(nameof(buffer)), session: null, null)
    {
    }

    private VrtdEndpoint(DeviceBuffer buffer, ulong length, Session? session, string? name)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, buffer.Size);
        _buffer = buffer;
        _length = length;
        _session = session;
        Name = name ?? buffer.ToString();
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override bool CanRead => _buffer.AllocDirection != BufferAllocDirection.HostToDevice;

    /// <inheritdoc/>
    public override bool CanWrite => _buffer.AllocDirection != BufferAllocDirection.DeviceToHost;

    /// <inheritdoc/>
    public override bool CanSeek => true;

    /// <inheritdoc/>
    public override ulong? Length => _length;

    /// <inheritdoc/>
    public override ulong? Capacity => _length;

    /// <summary>Opens raw device memory through a daemon; the endpoint owns the session.</summary>
    /// <param name="address">
    /// Where. Without a length it reaches to the end of the HBM or the DDR that it starts in, as a destination.
    /// </param>
    /// <param name="socketPath">The daemon's socket.</param>
    /// <param name="isSource">Whether it is only read from.</param>
    /// <param name="cancellationToken">Ends the wait for the daemon.</param>
    /// <exception cref="ArgumentException">
    /// The address is in no memory that is known, and has no length; or it runs past the end of the HBM or the DDR.
    /// </exception>
    /// <exception cref="VrtdException">The daemon refused.</exception>
    public static VrtdEndpoint Open(
        VrtdAddress address, string socketPath, bool isSource, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(address);
        ulong? room = BytesFrom(address.Address.Value);
        if (address.Length > room)
        {
            throw new ArgumentException(
                $"{address} runs past the end of its memory, which is {room} bytes on.", nameof(address));
        }

        ulong length = address.Length ?? room
            ?? throw new ArgumentException(
                $"{address} is in neither HBM nor DDR: say how long it is, {address}+LENGTH.", nameof(address));
        Session session = Session.Connect(socketPath);
        try
        {
            Device device = address.DeviceNumber is { } number
                ? session.GetDevice(number, cancellationToken)
                : session.GetDeviceByBdf(address.Device, cancellationToken);
            BufferAllocDirection direction = isSource
                ? BufferAllocDirection.DeviceToHost
                : BufferAllocDirection.Bidirectional; // a copy that is verified reads it back
            DeviceBuffer buffer = device.OpenRawBuffer(
                address.Address, length, direction, cancellationToken: cancellationToken);
            return new VrtdEndpoint(buffer, length, session, address.ToString());
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override IoResult Read(
        ulong offset, Span<byte> destination, CancellationToken cancellationToken = default)
    {
        if (offset >= _length)
            return destination.IsEmpty ? IoResult.Success(0) : IoResult.EndOfFile();
        int count = (int)Math.Min((ulong)destination.Length, _length - offset);
        return _buffer.TryRead(offset, destination[..count]);
    }

    /// <inheritdoc/>
    public override IoResult Write(
        ulong offset, ReadOnlySpan<byte> source, CancellationToken cancellationToken = default)
    {
        if (offset > _length || (ulong)source.Length > _length - offset)
            return IoResult.Failure(Errno.ENOSPC);
        return _buffer.TryWrite(offset, source);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && _session is not null)
        {
            _buffer.Dispose();
            _session.Dispose();
        }

        base.Dispose(disposing);
    }

    // Up to the end of the memory that an address is in; null when it is in none that is known.
    private static ulong? BytesFrom(ulong address)
    {
        foreach ((ulong start, ulong end) in Memories)
        {
            if (address >= start && address < end)
                return end - address;
        }

        return null;
    }
}
