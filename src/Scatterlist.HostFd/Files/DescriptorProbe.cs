using System.Runtime.InteropServices;
using Scatterlist.HostFd.Interop;

namespace Scatterlist.HostFd;

/// <summary>
/// What a descriptor is and accepts: its kind, its alignment, its limits, and the RWF flags for reads and for writes.
/// Immutable. Kernel versions promise nothing here: support depends on the file system and even on how the file was
/// opened, so the flags are tried.
/// </summary>
/// <remarks>
/// Nothing is changed or consumed. The kernel checks flags only for requests of at least one byte, so reads of a
/// file or block device are tried with the first bytes of the file itself; writes to a regular file with an unnamed
/// file
/// beside it (O_TMPFILE, opened alike) or, for a memfd, with another memfd; pipes and UNIX sockets with a pair of their
/// own kind. What cannot be tried without harm (character devices, other sockets, block devices for writing, a
/// directory without write permission) is reported as unknown.
/// </remarks>
public sealed partial class DescriptorProbe
{
    private DescriptorProbe()
    {
    }

    /// <summary>What it refers to.</summary>
    public DescriptorKind Kind { get; private init; }

    /// <summary>Access mode and status flags (F_GETFL of fcntl(2)).</summary>
    public OpenFlags OpenFlags { get; private init; }

    /// <summary>Whether it is open for reading.</summary>
    public bool IsReadable => FileCalls.AllowsReads(OpenFlags);

    /// <summary>Whether it is open for writing.</summary>
    public bool IsWritable => FileCalls.AllowsWrites(OpenFlags);

    /// <summary>Whether it has offsets.</summary>
    public bool IsSeekable { get; private init; }

    /// <summary>The file's size in bytes; 0 for what has none.</summary>
    public ulong Size { get; private init; }

    /// <summary>The block size for efficient I/O, in bytes (st_blksize).</summary>
    public uint BlockSize { get; private init; }

    /// <summary>The flags that reads accept.</summary>
    public ReadWriteFlags ReadFlags { get; private init; }

    /// <summary>The flags that writes accept.</summary>
    public ReadWriteFlags WriteFlags { get; private init; }

    /// <summary>The flags that could not be tried for reads without harm.</summary>
    public ReadWriteFlags UnknownReadFlags { get; private init; }

    /// <summary>The flags that could not be tried for writes without harm.</summary>
    public ReadWriteFlags UnknownWriteFlags { get; private init; }

    /// <summary>
    /// What O_DIRECT needs addresses to be a multiple of, in bytes; 0 when the file does not tell or has no O_DIRECT.
    /// </summary>
    public uint DirectMemoryAlignment { get; private init; }

    /// <summary>What O_DIRECT needs offsets and lengths to be a multiple of, in bytes; 0 as above.</summary>
    public uint DirectOffsetAlignment { get; private init; }

    /// <summary>The smallest write with <see cref="ReadWriteFlags.Atomic"/>, in bytes; 0 when there is none.</summary>
    public uint AtomicWriteUnitMin { get; private init; }

    /// <summary>The largest write with <see cref="ReadWriteFlags.Atomic"/>, in bytes; 0 when there is none.</summary>
    public uint AtomicWriteUnitMax { get; private init; }

    /// <summary>The most blocks of a write with <see cref="ReadWriteFlags.Atomic"/>; 0 when there is none.</summary>
    public uint AtomicWriteSegmentsMax { get; private init; }

    /// <summary>All flags of the kernel that this library knows.</summary>
    public static ReadWriteFlags AllFlags => (ReadWriteFlags)0x1ff;

    /// <summary>Looks at a descriptor.</summary>
    /// <exception cref="ScatterlistException">The number is not open (EBADF).</exception>
    /// <exception cref="ObjectDisposedException"><paramref name="descriptor"/> is closed.</exception>
    public static DescriptorProbe Inspect(SafeHandle descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        bool held = false;
        try
        {
            descriptor.DangerousAddRef(ref held);
            return Inspect((int)descriptor.DangerousGetHandle());
        }
        finally
        {
            if (held)
                descriptor.DangerousRelease();
        }
    }

    /// <inheritdoc cref="Inspect(SafeHandle)"/>
    public static DescriptorProbe Inspect(int descriptor)
    {
        Errno errno = FileCalls.TryGetFlags(descriptor, out OpenFlags openFlags);
        if (errno != Errno.None)
            throw new ScatterlistException($"fcntl({descriptor}, F_GETFL)", errno);
        errno = FileCalls.TryStat(
            descriptor, StatX.BasicStats | StatX.DirectIoAlignment | StatX.WriteAtomic, out StatX status);
        if (errno != Errno.None)
            throw new ScatterlistException($"statx({descriptor})", errno);

        DescriptorKind kind = KindOf(status.Mode);
        bool direct = (status.Mask & StatX.DirectIoAlignment) != 0;
        bool atomic = (status.Mask & StatX.WriteAtomic) != 0;
        var probe = new DescriptorProbe
        {
            Kind = kind,
            OpenFlags = openFlags,
            IsSeekable = kind != DescriptorKind.Directory && FileCalls.IsSeekable(descriptor),
            Size = status.Size,
            BlockSize = status.BlockSize,
            DirectMemoryAlignment = direct ? status.DirectIoMemoryAlignment : 0,
            DirectOffsetAlignment = direct ? status.DirectIoOffsetAlignment : 0,
            AtomicWriteUnitMin = atomic ? status.AtomicWriteUnitMin : 0,
            AtomicWriteUnitMax = atomic ? status.AtomicWriteUnitMax : 0,
            AtomicWriteSegmentsMax = atomic ? status.AtomicWriteSegmentsMax : 0,
        };
        return probe.TryFlags(descriptor, (status.DeviceMajor, status.DeviceMinor));
    }

    /// <summary>For people: kind, access and flags.</summary>
    public override string ToString() =>
        $"{Kind}, {OpenFlags}; reads: {ReadFlags}; writes: {WriteFlags}";

    internal static DescriptorKind KindOf(ushort mode) => (mode & StatX.TypeMask) switch
    {
        StatX.TypeRegular => DescriptorKind.RegularFile,
        StatX.TypeDirectory => DescriptorKind.Directory,
        StatX.TypeBlock => DescriptorKind.BlockDevice,
        StatX.TypeCharacter => DescriptorKind.CharacterDevice,
        StatX.TypeFifo => DescriptorKind.Pipe,
        StatX.TypeSocket => DescriptorKind.Socket,
        StatX.TypeLink => DescriptorKind.SymbolicLink,
        _ => DescriptorKind.Other,
    };
}
