using Scatterlist.Vrtd.Interop;

namespace Scatterlist.Vrtd.DataPath;

/// <summary>
/// A descriptor whose file offset is the device address, moved by pread(2) and pwrite(2): the version 1 driver, and the
/// memfd of an emulation.
/// </summary>
/// <remarks>
/// The version 1 driver makes one DMA a call, lists the call's pages in one contiguous piece of kernel memory, and pins
/// them for writing even when it only reads them (wire specification, section 7.1). So a call there has at most 2 MiB,
/// half of that after each ENOMEM, and a source that is refused with EFAULT goes through writable memory once more.
/// </remarks>
internal partial class PositionalPath(FileDescriptor descriptor, bool isRegularFile) : DeviceDataPath
{
    /// <summary>Bytes a call to the version 1 driver moves at most.</summary>
    internal const int DriverChunk = 2 << 20;

    /// <summary>Bytes a call on a memfd moves at most: what Linux allows, rounded down to 2 MiB.</summary>
    internal const int RegularChunk = 0x7FE0_0000;

    private const int SmallestChunk = 4096;
    private readonly FileDescriptor _descriptor = descriptor;
    private volatile int _chunk = isRegularFile ? RegularChunk : DriverChunk;

    internal bool IsRegularFile { get; } = isRegularFile;

    /// <summary>Bytes the next call moves at most.</summary>
    internal int Chunk => _chunk;

    public override nuint Write(ulong address, Block source, out Errno errno) =>
        Write(address, source, mayBounce: !IsRegularFile, out errno);

    public override nuint Read(ulong address, Block destination, out Errno errno)
    {
        if (!Fits(address, destination.Length))
        {
            errno = Errno.EINVAL;
            return 0;
        }

        errno = Errno.None;
        nuint done = 0;
        while (done < destination.Length)
        {
            nuint count = nuint.Min(destination.Length - done, (nuint)_chunk);
            nint moved = ReadOnce((nint)((nuint)destination.Address + done), count, (long)(address + done));
            if (moved > 0)
            {
                done += (nuint)moved;
                continue;
            }

            if (moved == 0 && IsRegularFile)
            {
                // The end of a sparse file that stands for memory: what was never written is zero. Reading again would
                // return nothing again, for ever.
                destination.DropFirst(done).Zero();
                return destination.Length;
            }

            errno = moved == 0 ? Errno.EIO : LibC.LastError();
            if (!MayRetry(errno, count))
                break;
            errno = Errno.None;
        }

        return done;
    }

    /// <summary>One pwrite(2). Tests stand in for a driver here.</summary>
    protected virtual nint WriteOnce(nint from, nuint count, long offset) =>
        LibC.PWrite((int)_descriptor.DangerousGetHandle(), from, count, offset);

    /// <summary>One pread(2). Tests stand in for a driver here.</summary>
    protected virtual nint ReadOnce(nint to, nuint count, long offset) =>
        LibC.PRead((int)_descriptor.DangerousGetHandle(), to, count, offset);

    private nuint Write(ulong address, Block source, bool mayBounce, out Errno errno)
    {
        if (!Fits(address, source.Length))
        {
            errno = Errno.EINVAL;
            return 0;
        }

        errno = Errno.None;
        nuint done = 0;
        while (done < source.Length)
        {
            nuint count = nuint.Min(source.Length - done, (nuint)_chunk);
            nint moved = WriteOnce((nint)((nuint)source.Address + done), count, (long)(address + done));
            if (moved > 0)
            {
                done += (nuint)moved;
                continue;
            }

            errno = moved == 0 ? Errno.EIO : LibC.LastError();
            if (errno == Errno.EFAULT && mayBounce)
                return WriteBounced(address, source, done, out errno);
            if (!MayRetry(errno, count))
                break;
            errno = Errno.None;
        }

        return done;
    }

    // An offset is signed: the driver has no way to be told an address of 2^63 or more.
    private static bool Fits(ulong address, nuint length) =>
        address <= long.MaxValue && length <= long.MaxValue - address;

    private bool MayRetry(Errno errno, nuint count)
    {
        if (errno == Errno.EINTR)
            return true;
        if (errno != Errno.ENOMEM || IsRegularFile || count <= SmallestChunk)
            return false;
        int half = Math.Max(SmallestChunk, (int)(count / 2) & ~(SmallestChunk - 1));
        if (half < _chunk)
            _chunk = half;
        return true;
    }
}
