using System.Text;
using Scatterlist.HostFd;
using Scatterlist.Verbs.SoftRoce.Interop;

namespace Scatterlist.Verbs.SoftRoce.Engine.SameHost;

/// <summary>A memfd, or a part of one, in this process's address space.</summary>
internal sealed unsafe class SharedMapping : NativeHandle
{
    private SharedMapping(nint address, nuint length)
        : base(address, parent: null) => Length = length;

    internal nuint Length { get; }

    /// <summary>The first byte. Not checked: the owner knows whether it has disposed the mapping.</summary>
    internal byte* Address => (byte*)handle;

    /// <summary>Makes a memfd of this many zero bytes, sealed against resizing, so that no peer can make its pages
    /// fault.</summary>
    /// <exception cref="ScatterlistException">The kernel refused.</exception>
    internal static FileDescriptor CreateMemFd(string name, nuint length)
    {
        int fd;
        fixed (byte* text = Encoding.UTF8.GetBytes(name + '\0'))
            fd = SameHostCalls.MemFdCreate(text, SameHostCalls.MfdCloseOnExec | SameHostCalls.MfdAllowSealing);
        if (fd < 0)
            throw new ScatterlistException($"memfd_create(\"{name}\")", SameHostCalls.LastError());
        FileDescriptor memory = FileDescriptor.FromOwned(fd);
        const int Seals = SameHostCalls.SealShrink | SameHostCalls.SealGrow | SameHostCalls.SealSeal;
        if (SameHostCalls.FTruncate(fd, (long)length) == 0 && SameHostCalls.FCntl(fd, SameHostCalls.FAddSeals, Seals) == 0)
            return memory;
        Errno errno = SameHostCalls.LastError();
        memory.Dispose();
        throw new ScatterlistException($"ftruncate(memfd \"{name}\", {length})", errno);
    }

    /// <summary>
    /// Bytes in a memfd whose size can never shrink; 0 for anything else, whose pages a peer could take away under us.
    /// </summary>
    internal static ulong SealedLength(FileDescriptor memory)
    {
        int seals = SameHostCalls.FCntl(memory.Value, SameHostCalls.FGetSeals, 0);
        return seals >= 0 && (seals & SameHostCalls.SealShrink) != 0 ? FileStatus.Of(memory).Size : 0;
    }

    /// <summary>Maps the first bytes of a memfd; null when the kernel refuses.</summary>
    internal static SharedMapping? TryMap(FileDescriptor memory, nuint length, bool writable)
    {
        int protection = SameHostCalls.ProtRead | (writable ? SameHostCalls.ProtWrite : 0);
        nint address = SameHostCalls.MMap(0, length, protection, SameHostCalls.MapShared, memory.Value, 0);
        return address == -1 ? null : new SharedMapping(address, length);
    }

    /// <summary>
    /// Maps a memfd of one page and some rings, each ring twice in a row, so that what wraps around its end is whole.
    /// Null when the kernel refuses.
    /// </summary>
    internal static SharedMapping? TryMapRings(FileDescriptor memory, nuint page, nuint ring, int rings)
    {
        nuint length = page + (2 * ring * (nuint)rings);
        nint address = SameHostCalls.MMap(
            0, length, SameHostCalls.ProtNone,
            SameHostCalls.MapPrivate | SameHostCalls.MapAnonymous | SameHostCalls.MapNoReserve, -1, 0);
        if (address == -1)
            return null;
        var mapping = new SharedMapping(address, length);
        bool mapped = TryPlace(mapping.Address, page, memory, 0);
        for (int i = 0; i < rings; i++)
        {
            nuint offset = page + (ring * (nuint)i);
            byte* place = mapping.Address + page + (2 * ring * (nuint)i);
            mapped = mapped && TryPlace(place, ring, memory, offset) && TryPlace(place + ring, ring, memory, offset);
        }

        if (mapped)
            return mapping;
        mapping.Dispose();
        return null;
    }

    /// <summary>Commits all pages now, so that no packet pays for it. Advice only.</summary>
    internal void Populate() => _ = SameHostCalls.MAdvise(handle, Length, SameHostCalls.MadvPopulateWrite);

    protected override bool ReleaseNative() => SameHostCalls.MUnmap(handle, Length) == 0;

    private static bool TryPlace(byte* place, nuint length, FileDescriptor memory, nuint offset)
    {
        const int Protection = SameHostCalls.ProtRead | SameHostCalls.ProtWrite;
        const int Flags = SameHostCalls.MapShared | SameHostCalls.MapFixed;
        return SameHostCalls.MMap((nint)place, length, Protection, Flags, memory.Value, (long)offset) == (nint)place;
    }
}
