using System.Buffers.Binary;
using Scatterlist.Vrtd.Interop;

namespace Scatterlist.Vrtd;

/// <summary>
/// A BAR, mapped. Each access is one load or store of the width its name says, checked against the length. Where the
/// descriptor is a dma-buf, accesses are bracketed as its exporter demands (DMA_BUF_IOCTL_SYNC); what does not know
/// that call is asked once and then left in peace.
/// </summary>
/// <remarks>
/// Thread-safe as far as the device is, closing included: an access under way finishes first. It needs the daemon no
/// more, so it survives its session. A daemon that shortens a memfd it handed out can still make accesses fault: the
/// length is checked when opening. Source: vrtd wire specification, sections 8 and 11.6.
/// </remarks>
public sealed class BarFile : IDisposable
{
    // _IOW('b', 0, struct dma_buf_sync { __u64 flags; }) of linux/dma-buf.h, and its flags.
    internal const uint SyncNumber = 0x40086200;
    internal const ulong SyncRead = 1;
    internal const ulong SyncWrite = 2;
    internal const ulong SyncEnd = 4;

    private readonly FileDescriptor _descriptor;
    private readonly MmioWindow _window;
    private volatile bool _needsBrackets = true;

    private BarFile(int device, int number, FileDescriptor descriptor, MmioWindow window)
    {
        DeviceNumber = device;
        Number = number;
        _descriptor = descriptor;
        _window = window;
    }

    /// <summary>The number of the device.</summary>
    public int DeviceNumber { get; }

    /// <summary>The register's number, 0 to 5.</summary>
    public int Number { get; }

    /// <summary>Bytes.</summary>
    public nuint Length => _window.Length;

    /// <summary>What it is mapped for.</summary>
    public MmioAccess Access => _window.Access;

    /// <summary>Whether it was closed.</summary>
    public bool IsClosed => _window.IsDisposed;

    /// <summary>
    /// Whether accesses are bracketed: true until the descriptor was found not to know the call.
    /// </summary>
    public bool IsBracketed => _needsBrackets;

    /// <summary>The descriptor, borrowed.</summary>
    /// <exception cref="ObjectDisposedException">The BAR is closed.</exception>
    public FileDescriptor Descriptor
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return _descriptor;
        }
    }

    /// <summary>Reads one byte.</summary>
    /// <inheritdoc cref="Read64"/>
    public byte Read8(nuint offset)
    {
        using Bracket bracket = Begin(SyncRead);
        return _window.Read8(offset);
    }

    /// <summary>Reads 16 bits.</summary>
    /// <inheritdoc cref="Read64"/>
    public ushort Read16(nuint offset)
    {
        using Bracket bracket = Begin(SyncRead);
        return _window.Read16(offset);
    }

    /// <summary>Reads 32 bits.</summary>
    /// <inheritdoc cref="Read64"/>
    public uint Read32(nuint offset)
    {
        using Bracket bracket = Begin(SyncRead);
        return _window.Read32(offset);
    }

    /// <summary>Reads 64 bits.</summary>
    /// <param name="offset">Bytes from the BAR's start, a multiple of the width.</param>
    /// <exception cref="ArgumentException">The offset is not a multiple of the width.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The access reaches outside of the BAR.</exception>
    /// <exception cref="InvalidOperationException">The BAR was not opened for this.</exception>
    /// <exception cref="ObjectDisposedException">The BAR is closed.</exception>
    public ulong Read64(nuint offset)
    {
        using Bracket bracket = Begin(SyncRead);
        return _window.Read64(offset);
    }

    /// <summary>Writes one byte.</summary>
    /// <inheritdoc cref="Write64"/>
    public void Write8(nuint offset, byte value)
    {
        using Bracket bracket = Begin(SyncWrite);
        _window.Write8(offset, value);
    }

    /// <summary>Writes 16 bits.</summary>
    /// <inheritdoc cref="Write64"/>
    public void Write16(nuint offset, ushort value)
    {
        using Bracket bracket = Begin(SyncWrite);
        _window.Write16(offset, value);
    }

    /// <summary>Writes 32 bits.</summary>
    /// <inheritdoc cref="Write64"/>
    public void Write32(nuint offset, uint value)
    {
        using Bracket bracket = Begin(SyncWrite);
        _window.Write32(offset, value);
    }

    /// <summary>Writes 64 bits.</summary>
    /// <param name="offset">Bytes from the BAR's start, a multiple of the width.</param>
    /// <param name="value">What to write.</param>
    /// <exception cref="ArgumentException">The offset is not a multiple of the width.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The access reaches outside of the BAR.</exception>
    /// <exception cref="InvalidOperationException">The BAR was not opened for this.</exception>
    /// <exception cref="ObjectDisposedException">The BAR is closed.</exception>
    public void Write64(nuint offset, ulong value)
    {
        using Bracket bracket = Begin(SyncWrite);
        _window.Write64(offset, value);
    }

    /// <summary>
    /// Opens one bracket for many accesses, made through <see cref="BarAccess.Window"/>. Several may be open at a time.
    /// </summary>
    /// <param name="access">Whether they read, write, or both.</param>
    /// <exception cref="ArgumentOutOfRangeException">Neither.</exception>
    /// <exception cref="InvalidOperationException">The BAR was not opened for this.</exception>
    /// <exception cref="ObjectDisposedException">The BAR is closed.</exception>
    /// <exception cref="VrtdException">The exporter refused the bracket.</exception>
    public BarAccess BeginAccess(MmioAccess access)
    {
        if (access is 0 or > MmioAccess.ReadWrite)
            throw new ArgumentOutOfRangeException(nameof(access), access, "Read, Write or both.");
        if ((access & ~Access) != 0)
            throw new InvalidOperationException($"The BAR was opened for {Access} only.");
        ulong flags = (access.HasFlag(MmioAccess.Read) ? SyncRead : 0)
            | (access.HasFlag(MmioAccess.Write) ? SyncWrite : 0);
        MmioWindow window = _window.Slice(0, Length);
        try
        {
            return new BarAccess(this, window, Begin(flags));
        }
        catch
        {
            window.Dispose();
            throw;
        }
    }

    /// <summary>Unmaps and closes it. Open brackets keep what they need until they end. Idempotent.</summary>
    public void Close()
    {
        _window.Dispose();
        _descriptor.Dispose();
    }

    /// <summary>The same as <see cref="Close"/>.</summary>
    public void Dispose() => Close();

    /// <summary>For people.</summary>
    public override string ToString() => $"BAR {Number} of device {DeviceNumber}, {Length} bytes";

    /// <summary>Maps what the daemon handed over, which this takes over in any case.</summary>
    internal static BarFile Open(
        int device, int number, ulong length, FileDescriptor descriptor, MmioAccess access)
    {
        string operation = $"GET_BAR_FD(device {device}, BAR {number})";
        try
        {
            // Memory past the end of the file would be there to map and deadly to touch.
            Errno errno = LibC.Stat(descriptor.Value, out int type, out ulong fileLength);
            if (errno != Errno.None)
                throw new VrtdException(operation, VrtdReturnCode.InternalError, errno, "examining the descriptor");
            long end = type == LibC.ModeRegular ? (long)fileLength : LibC.SeekLength(descriptor.Value);
            if (length == 0 || length > nuint.MaxValue / 2 || (end >= 0 && (ulong)end < length))
            {
                throw new VrtdException(
                    operation,
                    VrtdReturnCode.InternalError,
                    detail: $"the daemon stated {length} bytes, the descriptor has {end}");
            }

            return new BarFile(device, number, descriptor, MmioWindow.Map(descriptor, 0, (nuint)length, access));
        }
        catch
        {
            descriptor.Dispose();
            throw;
        }
    }

    internal void End(ulong flags)
    {
        // The exporter was asked at the start already: an error now has no remedy and hides no access.
        Span<byte> argument = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(argument, flags | SyncEnd);
        _ = LibC.IoControl((int)_descriptor.DangerousGetHandle(), SyncNumber, argument, out _);
        _descriptor.DangerousRelease();
    }

    private Bracket Begin(ulong flags)
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        if (!_needsBrackets)
            return default;
        bool held = false;
        _descriptor.DangerousAddRef(ref held);
        Span<byte> argument = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(argument, flags);
        if (LibC.IoControl((int)_descriptor.DangerousGetHandle(), SyncNumber, argument, out Errno errno) >= 0)
            return new Bracket(this, flags);
        _descriptor.DangerousRelease();
        if (errno is not (Errno.ENOTTY or Errno.EINVAL))
            throw new VrtdException($"DMA_BUF_IOCTL_SYNC of {this}", VrtdReturnCode.InternalError, errno);
        _needsBrackets = false;
        return default;
    }

    /// <summary>An open bracket, or none.</summary>
    internal readonly struct Bracket(BarFile? file, ulong flags) : IDisposable
    {
        public void Dispose() => file?.End(flags);
    }
}
