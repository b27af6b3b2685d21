using Scatterlist.Interop;

namespace Scatterlist;

/// <summary>
/// Registers or memory of a device, reached by loads and stores of a stated width. Each access is one load or store of
/// exactly that width, naturally aligned and checked against the window; the processor's ordering is acquire for reads
/// and release for writes. It is never a span: a device's memory does not behave like memory.
/// </summary>
/// <remarks>
/// Thread-safe as far as the device is. Windows cut from one another share the mapping, which lives until the last is
/// disposed.
/// </remarks>
public sealed partial class MmioWindow : IDisposable
{
    private readonly MmioMapping _mapping;
    private readonly WindowHold _hold;
    private readonly nuint _offset;
    private readonly MmioAccess _access;

    private MmioWindow(MmioMapping mapping, WindowHold hold, nuint offset, nuint length, MmioAccess access)
    {
        _mapping = mapping;
        _hold = hold;
        _offset = offset;
        _access = access;
        Length = length;
    }

    /// <summary>Bytes in the window.</summary>
    public nuint Length { get; }

    /// <summary>What may be done through the window.</summary>
    public MmioAccess Access => _access;

    /// <summary>Whether the window was disposed.</summary>
    public bool IsDisposed => _hold.IsDisposed;

    /// <summary>Maps device memory through a descriptor (mmap(2), MAP_SHARED).</summary>
    /// <param name="descriptor">The descriptor of a BAR, of a VFIO region, of a memfd that stands for one.</param>
    /// <param name="offset">Where it starts in the descriptor, a multiple of the page size.</param>
    /// <param name="length">
    /// Bytes, at least 1. A file or a memfd must have them all: an access past its end kills the process (SIGBUS of
    /// mmap(2)). Who gets both from somebody else compares them first.
    /// </param>
    /// <param name="access">What may be done through the window.</param>
    /// <param name="parent">What must outlive the mapping, or null.</param>
    /// <exception cref="ArgumentOutOfRangeException">A bad length, offset or access.</exception>
    /// <exception cref="ScatterlistException">The kernel refused.</exception>
    public static MmioWindow Map(
        FileDescriptor descriptor, ulong offset, nuint length, MmioAccess access = MmioAccess.ReadWrite,
        NativeHandle? parent = null)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        ArgumentOutOfRangeException.ThrowIfZero(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, (ulong)long.MaxValue);
        if (access is < MmioAccess.Read or > MmioAccess.ReadWrite)
            throw new ArgumentOutOfRangeException(nameof(access), access, "Read, Write or both.");
        int protection = (access.HasFlag(MmioAccess.Read) ? LibC.ProtRead : 0)
            | (access.HasFlag(MmioAccess.Write) ? LibC.ProtWrite : 0);
        bool held = false;
        try
        {
            descriptor.DangerousAddRef(ref held);
            int fd = (int)descriptor.DangerousGetHandle();
            nint address = LibC.MMap(0, length, protection, LibC.MapShared, fd, (long)offset);
            if (address == LibC.MapFailed)
            {
                Errno errno = LibC.LastError();
                throw new ScatterlistException($"mmap(fd {fd}, offset 0x{offset:x}, {length} bytes)", errno);
            }

            return Own(address, length, access, parent);
        }
        finally
        {
            if (held)
                descriptor.DangerousRelease();
        }
    }

    /// <summary>A part of the window, with a life of its own.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The part reaches outside of the window.</exception>
    /// <exception cref="ObjectDisposedException">The window is disposed.</exception>
    public MmioWindow Slice(nuint offset, nuint length)
    {
        if (offset > Length || length > Length - offset)
        {
            throw new ArgumentOutOfRangeException(
                nameof(offset), $"Offset 0x{offset:x} and length {length} reach outside of {Length} bytes.");
        }

        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return new MmioWindow(_mapping, new WindowHold(_mapping), _offset + offset, length, _access);
    }

    /// <summary>Lets go of the mapping. An access that is under way finishes first. Idempotent.</summary>
    public void Dispose() => _hold.Dispose();

    private static MmioWindow Own(nint address, nuint length, MmioAccess access, NativeHandle? parent)
    {
        MmioMapping mapping;
        try
        {
            mapping = new MmioMapping(address, length, parent);
        }
        catch
        {
            _ = LibC.MUnmap(address, length);
            throw;
        }

        // The windows hold the mapping; nobody else does, so it goes with the last of them.
        using (mapping)
            return new MmioWindow(mapping, new WindowHold(mapping), 0, length, access);
    }

    private void Check(nuint offset, nuint width, MmioAccess wanted)
    {
        if ((offset & (width - 1)) != 0)
            throw new ArgumentException($"Offset 0x{offset:x} is not a multiple of the access width, {width} bytes.");
        CheckRange(offset, width, wanted);
    }

    private void CheckRange(nuint offset, nuint length, MmioAccess wanted)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (offset > Length || length > Length - offset)
        {
            throw new ArgumentOutOfRangeException(
                nameof(offset), $"Offset 0x{offset:x} and {length} bytes reach outside of {Length} bytes.");
        }

        if ((_access & wanted) == 0)
            throw new InvalidOperationException($"The window was mapped for {_access} only.");
    }

    /// <summary>One window's reference to the mapping.</summary>
    private sealed class WindowHold(MmioMapping mapping)
        : NativeHandle(mapping.Address, mapping, parentMayBeDisposed: true)
    {
        protected override bool ReleaseNative() => true;
    }
}
