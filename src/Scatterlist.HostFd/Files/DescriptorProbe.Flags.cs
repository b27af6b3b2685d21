using System.Globalization;
using Scatterlist.HostFd.Interop;

namespace Scatterlist.HostFd;

public sealed partial class DescriptorProbe
{
    // A link target of /proc/self/fd of a memfd starts so.
    private const string MemFdPrefix = "/memfd:";

    private DescriptorProbe TryFlags(int descriptor, (uint Major, uint Minor) device)
    {
        switch (Kind)
        {
            case DescriptorKind.RegularFile or DescriptorKind.BlockDevice:
                return TryFileFlags(descriptor, device);
            case DescriptorKind.Pipe:
                if (FileCalls.TryCreatePipe(out FileDescriptor? readEnd, out FileDescriptor? writeEnd) != Errno.None)
                    return WithUnknown();
                using (readEnd)
                using (writeEnd)
                    return TryPair(readEnd!, writeEnd!);
            case DescriptorKind.Socket:
                Errno errno = FileCalls.TryGetSocketType(descriptor, out int domain, out int type);
                if (errno != Errno.None || domain != LibC.AfUnix)
                    return WithUnknown();
                (UnixSocket first, UnixSocket second) = UnixSocket.CreatePair((UnixSocketType)type);
                using (first)
                using (second)
                    return TryPair(first.Descriptor, second.Descriptor);
            case DescriptorKind.CharacterDevice or DescriptorKind.Other:
                return WithUnknown();
            default:
                return this; // a directory or a link is neither read nor written
        }
    }

    private DescriptorProbe TryFileFlags(int descriptor, (uint Major, uint Minor) device)
    {
        ReadWriteFlags readFlags = IsReadable ? TryReads(descriptor) : ReadWriteFlags.None;
        if (!IsWritable)
            return With(readFlags, ReadWriteFlags.None, ReadWriteFlags.None, ReadWriteFlags.None);
        using FileDescriptor? sibling = OpenSibling(descriptor, device);
        return sibling is null
            ? With(readFlags, ReadWriteFlags.None, ReadWriteFlags.None, AllFlags)
            : With(readFlags, TryWrites(sibling.Value, positional: true), ReadWriteFlags.None, ReadWriteFlags.None);
    }

    private DescriptorProbe TryPair(FileDescriptor reader, FileDescriptor writer)
    {
        ReadWriteFlags writes = TryWrites(writer.Value, positional: false);
        ReadWriteFlags reads = ReadWriteFlags.None;
        Span<byte> one = stackalloc byte[1];
        foreach (ReadWriteFlags flag in Singles())
        {
            HostIO.Pwritev2(writer.Value, one, flags: ReadWriteFlags.None);
            if (Accepts(HostIO.Preadv2(reader.Value, one, -1, flag)))
                reads |= flag;
        }

        return With(IsReadable ? reads : 0, IsWritable ? writes : 0, 0, 0);
    }

    private ReadWriteFlags TryReads(int descriptor)
    {
        // O_DIRECT wants whole aligned units, and takes as many bytes at least.
        using HostBuffer buffer = HostBuffer.Allocate(Unit());
        ReadWriteFlags accepted = ReadWriteFlags.None;
        foreach (ReadWriteFlags flag in Singles())
        {
            if (Accepts(HostIO.Preadv2(descriptor, buffer.AsSpan(), 0, flag)))
                accepted |= flag;
        }

        return accepted;
    }

    private ReadWriteFlags TryWrites(int descriptor, bool positional)
    {
        using HostBuffer buffer = HostBuffer.Allocate(Unit());
        int length = positional ? (int)buffer.Length : 1;
        ReadWriteFlags accepted = ReadWriteFlags.None;
        foreach (ReadWriteFlags flag in Singles())
        {
            if (Accepts(HostIO.Pwritev2(descriptor, buffer.AsSpan(0, length), positional ? 0 : -1, flag)))
                accepted |= flag;
        }

        return accepted;
    }

    private nuint Unit() => uint.Max(
        uint.Max(DirectOffsetAlignment, AtomicWriteUnitMin), (uint)Environment.SystemPageSize);

    /// <summary>An empty file of the same file system, open in the same way, that nobody else sees.</summary>
    private FileDescriptor? OpenSibling(int descriptor, (uint Major, uint Minor) device)
    {
        if (Kind != DescriptorKind.RegularFile)
            return null;
        string link = string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{descriptor}");
        string? target = File.ResolveLinkTarget(link, returnFinalTarget: false)?.FullName;
        if (target is null)
            return null;
        if (target.StartsWith(MemFdPrefix, StringComparison.Ordinal))
        {
            _ = FileCalls.TryCreateMemFd("scatterlist-probe", out FileDescriptor? memory);
            return memory;
        }

        OpenFlags flags = OpenFlags.ReadWrite | OpenFlags.TemporaryFile | (OpenFlags & OpenFlags.Direct);
        const UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        string? directory = Path.GetDirectoryName(target);
        if (string.IsNullOrEmpty(directory)
            || FileCalls.TryOpen(directory, flags, mode, out FileDescriptor? sibling) != Errno.None)
        {
            return null;
        }

        // The path may have come to lie on another file system since the file was opened.
        if (FileCalls.TryStat(sibling!.Value, StatX.BasicStats, out StatX status) == Errno.None
            && (status.DeviceMajor, status.DeviceMinor) == device)
        {
            return sibling;
        }

        sibling.Dispose();
        return null;
    }

    // The kernel looks at flags first of all, so that any other answer (EAGAIN for NOWAIT, EINVAL for the size of an
    // atomic write) comes from a file that accepts the flag.
    private static bool Accepts(IoResult result) => result.Errno != Errno.EOPNOTSUPP;

    private static IEnumerable<ReadWriteFlags> Singles()
    {
        for (uint flag = 1; flag <= (uint)AllFlags; flag <<= 1)
            yield return (ReadWriteFlags)flag;
    }

    private DescriptorProbe WithUnknown() => With(0, 0, IsReadable ? AllFlags : 0, IsWritable ? AllFlags : 0);

    private DescriptorProbe With(
        ReadWriteFlags reads, ReadWriteFlags writes, ReadWriteFlags unknownReads, ReadWriteFlags unknownWrites) => new()
        {
            Kind = Kind,
            OpenFlags = OpenFlags,
            IsSeekable = IsSeekable,
            Size = Size,
            BlockSize = BlockSize,
            ReadFlags = reads,
            WriteFlags = writes,
            UnknownReadFlags = unknownReads,
            UnknownWriteFlags = unknownWrites,
            DirectMemoryAlignment = DirectMemoryAlignment,
            DirectOffsetAlignment = DirectOffsetAlignment,
            AtomicWriteUnitMin = AtomicWriteUnitMin,
            AtomicWriteUnitMax = AtomicWriteUnitMax,
            AtomicWriteSegmentsMax = AtomicWriteSegmentsMax,
        };
}
