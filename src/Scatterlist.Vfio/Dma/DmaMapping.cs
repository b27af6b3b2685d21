using System.Globalization;

namespace Scatterlist.Vfio;

/// <summary>
/// Memory that a device can reach, until it is disposed. It holds the device and the memory. The dispose returns when
/// the device can reach nothing of it any more; a lost mapping is undone by the finalizer.
/// </summary>
public sealed class DmaMapping : NativeHandle
{
    private readonly VfioDevice _device;
    private readonly NativeHandle? _owner;
    private readonly bool _ownsAddress;
    private volatile bool _isReleased;

    // The constructor holds the owner last: what fails before leaves nothing behind.
    internal DmaMapping(VfioDevice device, in DmaMapRequest request, IoAddress address, bool ownsAddress)
        : base(request.Memory.Address, device)
    {
        _device = device;
        _ownsAddress = ownsAddress;
        IoAddress = address;
        Length = request.Memory.Length;
        Access = request.Access;
        if (request.Owner is { } owner)
        {
            bool held = false;
            try
            {
                ObjectDisposedException.ThrowIf(owner.IsDisposed, owner);
                owner.DangerousAddRef(ref held);
                _owner = owner;
            }
            catch
            {
                Abandon();
                throw;
            }
        }
    }

    /// <summary>Where the device sees the first byte. Never 0 when the transport chose it.</summary>
    public IoAddress IoAddress { get; }

    /// <summary>Bytes.</summary>
    public nuint Length { get; }

    /// <summary>What the device may do.</summary>
    public DmaAccess Access { get; }

    /// <summary>
    /// What undoing the mapping met: <see cref="Errno.None"/> before and after a clean dispose. When it failed while
    /// the device lives on, its addresses are not used again, and memory that it may still reach is kept for ever.
    /// </summary>
    public Errno ReleaseError { get; private set; }

    /// <summary>
    /// Whether the mapping is undone for good: the device can reach nothing of it, and the memory is no longer held.
    /// After a dispose this may be later, while something else holds the mapping; never when undoing it failed.
    /// </summary>
    public bool IsReleased => _isReleased;

    internal bool OwnsAddress => _ownsAddress;

    internal bool IsEstablished { get; set; }

    /// <summary>For people: <c>0x1000+4096 rw</c>.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{IoAddress}+{Length} {((Access & DmaAccess.Read) != 0 ? "r" : "")}{((Access & DmaAccess.Write) != 0 ? "w" : "")}");

    /// <summary>Forgets a mapping that was never made.</summary>
    internal void Abandon()
    {
        IsEstablished = false;
        Dispose();
    }

    /// <summary>The end of the release, maybe on another thread than the finalizer's.</summary>
    internal void Finish(Errno errno, bool mayFree)
    {
        ReleaseError = errno;
        if (!mayFree)
            return;
        _owner?.DangerousRelease();
        _isReleased = true;
    }

    /// <inheritdoc/>
    protected override bool ReleaseNative()
    {
        if (!IsEstablished)
        {
            _owner?.DangerousRelease();
            _isReleased = true;
            return true;
        }

        if (IsFinalizing && _device.UnmapWaits)
        {
            // The device's own reference is still held here; the work item takes another.
            bool held = false;
            _device.DangerousAddRef(ref held);
            ThreadPool.UnsafeQueueUserWorkItem(
                static mapping =>
                {
                    mapping._device.Unmap(mapping);
                    mapping._device.DangerousRelease();
                },
                this,
                preferLocal: false);
            return true;
        }

        _device.Unmap(this);
        return ReleaseError == Errno.None;
    }
}
