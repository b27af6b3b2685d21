using System.Globalization;
using Scatterlist.Vfio.Interop;

namespace Scatterlist.Vfio;

/// <summary>Pages of a descriptor that a peer sent, mapped. The peer cannot make them fault: see <see cref="IsSealed"/>.</summary>
internal sealed unsafe class SharedMemory : NativeHandle
{
    private static int _count;

    private readonly nuint _length;

    private SharedMemory(nint address, nuint length)
        : base(address, parent: null)
    {
        _length = length;
        Interlocked.Increment(ref _count);
    }

    /// <summary>
    /// How many there may be in this process, by all clients together: half of what the kernel allows it, since a
    /// runtime that gets no mapping for its own heap ends.
    /// </summary>
    internal static int MaxCount { get; } = ReadMaxCount();

    internal Block Block => new(handle, _length);

    /// <summary>
    /// Whether a file has all of a range and will keep it: it is sealed against shrinking. Memory that its owner can
    /// take away is never touched by a load or a store, which would kill this process (SIGBUS).
    /// </summary>
    internal static bool IsSealed(int fd) => (LibC.FCntl(fd, LibC.FGetSeals, 0) is int seals and >= 0)
        && (seals & LibC.SealShrink) != 0;

    /// <summary>Whether a range lies in a file of <paramref name="size"/> bytes.</summary>
    internal static bool Contains(ulong size, ulong offset, ulong length) => offset <= size && length <= size - offset;

    internal static Errno TryMap(
        FileDescriptor descriptor, ulong offset, ulong length, DmaAccess access, out SharedMemory? memory)
    {
        memory = null;
        if (Volatile.Read(ref _count) >= MaxCount)
            return Errno.ENOSPC;
        int protection = ((access & DmaAccess.Read) != 0 ? LibC.ProtRead : 0)
            | ((access & DmaAccess.Write) != 0 ? LibC.ProtRead | LibC.ProtWrite : 0);
        bool held = false;
        try
        {
            descriptor.DangerousAddRef(ref held);
            int fd = (int)descriptor.DangerousGetHandle();
            nint address = LibC.MMap(0, (nuint)length, protection, LibC.MapShared, fd, (long)offset);
            if (address == LibC.MapFailed)
                return LibC.LastError();
            memory = new SharedMemory(address, (nuint)length);
            return Errno.None;
        }
        finally
        {
            if (held)
                descriptor.DangerousRelease();
        }
    }

    protected override bool ReleaseNative()
    {
        Interlocked.Decrement(ref _count);
        return LibC.MUnmap(handle, _length) == 0;
    }

    private static int ReadMaxCount()
    {
        try
        {
            string text = File.ReadAllText("/proc/sys/vm/max_map_count");
            return Math.Clamp(int.Parse(text, CultureInfo.InvariantCulture) / 2, 1, DmaTable.MaxRanges);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or OverflowException)
        {
            return DmaTable.MaxRanges / 2;
        }
    }
}
