using System.Diagnostics;
using Scatterlist.Diagnostics;
using Scatterlist.Vrtd.Client;
using Scatterlist.Vrtd.DataPath;

namespace Scatterlist.Vrtd;

/// <summary>
/// Memory of a card that this session owns, with a copy of its bytes in host memory: what vrtd calls a buffer. Syncs
/// move bytes between the two copies; reads and writes move them to and from any other host memory.
/// </summary>
/// <remarks>
/// <para>Ownership: <see cref="Close"/> gives the memory back to the daemon, once the transfers under way are over. The
/// session may be disposed before; it stays connected for its buffers. After an explicit <see cref="Session.Close"/>
/// the daemon has taken the memory away: transfers are still possible as far as the descriptor allows, but the memory
/// may be another client's by then.</para>
/// <para>Thread-safe, closing included. Transfers of overlapping ranges at a time end in either's bytes.</para>
/// <para>The two copies are not coherent, and the daemon does not clear memory between owners: before the first sync
/// from the device the host copy is zero, and the device's copy is whatever its last owner left.</para>
/// <para>Source: vrtd wire specification, sections 5, 7, 9 and 11.4.</para>
/// </remarks>
public sealed partial class DeviceBuffer : IDisposable
{
    private readonly DaemonObject _allocation;
    private readonly BufferResources _resources;
    private readonly DeviceDataPath _path;
    private readonly ulong _address;
    private FileDescriptor? _descriptor;
    private int _isClosed;

    private DeviceBuffer(
        int device, BufferAllocType type, BufferAllocDirection direction, ulong argument, bool isRaw,
        OpenedBuffer opened, BufferResources resources)
    {
        DeviceNumber = device;
        AllocType = type;
        AllocDirection = direction;
        AllocArgument = argument;
        IsRaw = isRaw;
        Size = opened.Size;
        PhysicalAddress = opened.PhysicalAddress;
        QueuePairCount = opened.QueuePairCount;
        _allocation = opened.Allocation;
        _descriptor = opened.Descriptor;
        _resources = resources;
        _path = resources.Path;
        _address = opened.PhysicalAddress.Value;
        VrtdMetrics.CountBuffer(1);
    }

    /// <summary>The number of the device that the buffer is on.</summary>
    public int DeviceNumber { get; }

    /// <summary>The kind of memory that was asked for; <see cref="BufferAllocType.Ddr"/> for a raw buffer.</summary>
    public BufferAllocType AllocType { get; }

    /// <summary>Which ways bytes can move.</summary>
    public BufferAllocDirection AllocDirection { get; }

    /// <summary>The allocation's argument: the region of an HBM buffer, otherwise 0.</summary>
    public ulong AllocArgument { get; }

    /// <summary>
    /// Bytes, as the daemon rounded them up to a multiple of 64 MiB; for a raw buffer the bytes asked for.
    /// </summary>
    public ulong Size { get; }

    /// <summary>Where the buffer is on the device.</summary>
    public DeviceAddress PhysicalAddress { get; }

    /// <summary>Whether the buffer was opened at an address of the caller's choice.</summary>
    public bool IsRaw { get; }

    /// <summary>How many queue pairs move its bytes: 1, or 2 from a version 2 daemon.</summary>
    public int QueuePairCount { get; }

    /// <summary>What syncs move around the edges of their range. Default: exactly the bytes asked for.</summary>
    public SyncGranularity Granularity { get; set; }

    /// <summary>
    /// The host copy: <see cref="Size"/> bytes, zero at first, allocated when first touched. It belongs to the buffer:
    /// leases and views of it are the caller's, disposing it is not.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The buffer is closed.</exception>
    /// <exception cref="ScatterlistException">There is no memory for it.</exception>
    public HostBuffer HostData
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            bool held = false;
            try
            {
                _allocation.DangerousAddRef(ref held);
                return _resources.HostData;
            }
            finally
            {
                if (held)
                    _allocation.DangerousRelease();
            }
        }
    }

    /// <summary>
    /// The descriptor that moves the bytes, borrowed. On a version 1 daemon its file offset is the device address:
    /// <see cref="PhysicalAddress"/> is the buffer's first byte.
    /// </summary>
    /// <exception cref="InvalidOperationException">The descriptor was released.</exception>
    /// <exception cref="ObjectDisposedException">The buffer is closed.</exception>
    public FileDescriptor Descriptor
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return _descriptor ?? throw DescriptorReleased();
        }
    }

    /// <summary>Whether the buffer was closed.</summary>
    public bool IsClosed => Volatile.Read(ref _isClosed) != 0;

    /// <summary>
    /// Hands the descriptor over: a descriptor for the same open file, with a number of its own, that the caller
    /// disposes. The buffer stays open and keeps its memory, but cannot move bytes any more. Transfers under way
    /// finish.
    /// </summary>
    /// <exception cref="InvalidOperationException">The descriptor was released before.</exception>
    /// <exception cref="ObjectDisposedException">The buffer is closed.</exception>
    /// <exception cref="ScatterlistException">The process has no descriptor left.</exception>
    public FileDescriptor ReleaseDescriptor()
    {
        FileDescriptor own = Descriptor;
        FileDescriptor released = own.Duplicate();
        if (Interlocked.CompareExchange(ref _descriptor, null, own) == own)
        {
            own.Dispose();
            return released;
        }

        released.Dispose();
        throw DescriptorReleased();
    }

    /// <summary>
    /// Gives the memory back to the daemon and frees the host copy. Transfers that other threads have under way finish
    /// first, and the last of them does the work; otherwise this call waits for the daemon. Errors are not reported:
    /// what the daemon refuses to take back it has taken already. Idempotent, and safe after the session was closed.
    /// </summary>
    public void Close()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) != 0)
            return;
        VrtdMetrics.CountBuffer(-1);

        // In this order: whoever sees the buffer closed also sees its descriptor closing. The descriptor holds the
        // allocation until its last transfer is over.
        _allocation.Dispose();
        _descriptor?.Dispose();
    }

    /// <summary>The same as <see cref="Close"/>.</summary>
    public void Dispose() => Close();

    /// <summary>
    /// The buffer as a stream of its own: position 0 is the buffer's first byte, and the length is <see cref="Size"/>.
    /// It goes to the device without touching the host copy, and is a view: disposing it leaves the buffer open, and
    /// closing the buffer ends it. Several streams have positions of their own. Not thread-safe, as streams are.
    /// </summary>
    /// <remarks>
    /// In libvrtd the position of a buffer's stream is the device address, and so it reaches the whole card.
    /// </remarks>
    /// <exception cref="ObjectDisposedException">The buffer is closed.</exception>
    public Stream OpenStream()
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        return new DeviceBufferStream(this);
    }

    /// <summary>For people.</summary>
    public override string ToString() => IsRaw
        ? $"raw buffer at {PhysicalAddress} of device {DeviceNumber}, {Size} bytes"
        : $"{AllocType} buffer at {PhysicalAddress} of device {DeviceNumber}, {Size} bytes";

    /// <summary>Wraps what the daemon opened, or gives it back.</summary>
    internal static DeviceBuffer Create(
        int device, BufferAllocType type, BufferAllocDirection direction, ulong argument, bool isRaw,
        OpenedBuffer opened)
    {
        using Activity? activity = ScatterlistDiagnostics.ActivitySource.StartActivity("vrtd.buffer.open");
        activity?.SetTag("vrtd.device", device);
        activity?.SetTag("vrtd.buffer.bytes", (long)opened.Size);
        try
        {
            DeviceDataPath path = DataPaths.Open(
                opened.Descriptor, opened.QueuePairCount, $"examining the buffer's descriptor (device {device})");
            BufferResources resources = new(path, opened.Size);
            opened.Allocation.Attach(resources);
            return new DeviceBuffer(device, type, direction, argument, isRaw, opened, resources);
        }
        catch
        {
            opened.Allocation.Dispose();
            opened.Descriptor.Dispose();
            throw;
        }
    }

    private static InvalidOperationException DescriptorReleased() =>
        new("The buffer's descriptor was handed over by ReleaseDescriptor: the buffer moves no bytes any more.");
}
