using System.Globalization;
using Scatterlist.Interop;

namespace Scatterlist;

public sealed partial class HostBuffer
{
    /// <summary>Bytes in one of the system's base pages.</summary>
    public static nuint BasePageSize { get; } = (nuint)LibC.SysConf(LibC.ScPageSize);

    /// <summary>Allocates zeroed, page-aligned memory.</summary>
    /// <param name="length">Bytes, at least 1; whole pages are mapped.</param>
    /// <param name="options">How; null for private base pages.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="length"/> is 0 or does not fit the address space, or
    /// the options name a page size or a fall-back that does not exist.</exception>
    /// <exception cref="ScatterlistException">The kernel refused; the exception has the remedy.</exception>
    public static HostBuffer Allocate(nuint length, HostBufferOptions? options = null)
    {
        options ??= HostBufferOptions.Default;
        ArgumentOutOfRangeException.ThrowIfZero(length);
        if (options.PageSize is not (Scatterlist.PageSize.Base or Scatterlist.PageSize.Huge2MiB
            or Scatterlist.PageSize.Huge1GiB))
        {
            throw new ArgumentOutOfRangeException(nameof(options), options.PageSize, "No such page size.");
        }

        if (options.Fallback is not (PageFallback.Fail or PageFallback.Smaller))
            throw new ArgumentOutOfRangeException(nameof(options), options.Fallback, "No such fall-back.");
        for (PageSize size = options.PageSize; ; size = Smaller(size))
        {
            nuint page = size == Scatterlist.PageSize.Base ? BasePageSize : (nuint)1 << (int)size;
            if (length > nuint.MaxValue / 2 - page)
                throw new ArgumentOutOfRangeException(nameof(length), length, "More than the address space holds.");
            nuint mapped = (length + page - 1) & ~(page - 1);
            HostBufferHandle? handle = TryMap(mapped, size, options, out ScatterlistException? failure);
            if (handle is null)
            {
                if (size == Scatterlist.PageSize.Base || options.Fallback == PageFallback.Fail)
                    throw failure!;
                continue;
            }

            try
            {
                Prepare(handle, size, options);
            }
            catch
            {
                handle.Dispose();
                throw;
            }

            return new HostBuffer(handle, length, page);
        }
    }

    private static PageSize Smaller(PageSize size) => size switch
    {
        Scatterlist.PageSize.Huge1GiB => Scatterlist.PageSize.Huge2MiB,
        _ => Scatterlist.PageSize.Base,
    };

    private static HostBufferHandle? TryMap(
        nuint mapped, PageSize size, HostBufferOptions options, out ScatterlistException? failure)
    {
        FileDescriptor? memory = null;
        int flags = LibC.MapPrivate | LibC.MapAnonymous;
        if (options.IsShareable)
        {
            memory = TryCreateMemFd(mapped, size, options.Name, out failure);
            if (memory is null)
                return null;
            flags = LibC.MapShared;
        }
        else if (size != Scatterlist.PageSize.Base)
        {
            flags |= LibC.MapHugeTlb | ((int)size << LibC.HugeShift);
        }

        nint address = LibC.MMap(0, mapped, LibC.ProtRead | LibC.ProtWrite, flags, memory?.Value ?? -1, 0);
        if (address == LibC.MapFailed)
        {
            Errno errno = LibC.LastError();
            memory?.Dispose();
            failure = Failed($"mmap({Describe(mapped, size)})", errno, mapped, size);
            return null;
        }

        failure = null;
        return new HostBufferHandle(address, mapped, memory);
    }

    private static FileDescriptor? TryCreateMemFd(
        nuint mapped, PageSize size, string name, out ScatterlistException? failure)
    {
        uint flags = LibC.MfdCloseOnExec | LibC.MfdAllowSealing;
        if (size != Scatterlist.PageSize.Base)
            flags |= LibC.MfdHugeTlb | ((uint)size << LibC.HugeShift);
        FileDescriptor? memory = CreateMemFd(name, flags, out Errno errno);
        string call = $"memfd_create(\"{name}\", {Describe(mapped, size)})";
        if (memory is not null && LibC.FTruncate(memory.Value, (long)mapped) != 0)
        {
            errno = LibC.LastError();
            call = $"ftruncate(memfd, {mapped})";
            memory.Dispose();
            memory = null;
        }
        else if (memory is not null
            && LibC.FCntl(memory.Value, LibC.FAddSeals, LibC.SealShrink | LibC.SealGrow | LibC.SealSeal) != 0)
        {
            errno = LibC.LastError();
            call = "fcntl(memfd, F_ADD_SEALS)";
            memory.Dispose();
            memory = null;
        }

        failure = memory is null ? Failed(call, errno, mapped, size) : null;
        return memory;
    }

    private static void Prepare(HostBufferHandle handle, PageSize size, HostBufferOptions options)
    {
        // Advice only: a kernel without transparent huge pages refuses it and nothing is lost.
        if (size == Scatterlist.PageSize.Base && options.PageSize != Scatterlist.PageSize.Base)
            _ = LibC.MAdvise(handle.Address, handle.Length, LibC.MadvHugePage);
        if (options.IsLocked && LibC.MLock(handle.Address, handle.Length) != 0)
        {
            Errno errno = LibC.LastError();
            throw new ScatterlistException(
                $"mlock({handle.Length} bytes)", errno, remedy: Remedies.LockedMemory(handle.Length));
        }

        if (options.IsPopulated && LibC.MAdvise(handle.Address, handle.Length, LibC.MadvPopulateWrite) != 0)
        {
            Errno errno = LibC.LastError();
            if (errno == Errno.EINVAL) // before Linux 5.14: touching the pages does the same
                handle.Touch(size == Scatterlist.PageSize.Base ? BasePageSize : (nuint)1 << (int)size);
            else
                throw Failed($"madvise({handle.Length} bytes, MADV_POPULATE_WRITE)", errno, handle.Length, size);
        }
    }

    private static ScatterlistException Failed(string call, Errno errno, nuint mapped, PageSize size)
    {
        string? remedy = errno switch
        {
            Errno.EMFILE => Remedies.OpenFiles,
            Errno.ENOMEM or Errno.EFAULT or Errno.ENODEV or Errno.EINVAL when size != Scatterlist.PageSize.Base =>
                Remedies.HugePages(mapped >> (int)size, 1ul << (int)size),
            Errno.ENOMEM => Remedies.Memory,
            _ => null,
        };
        return new ScatterlistException(call, errno, remedy: remedy);
    }

    private static string Describe(nuint mapped, PageSize size) => string.Create(
        CultureInfo.InvariantCulture,
        $"{mapped} bytes{size switch
        {
            Scatterlist.PageSize.Huge2MiB => ", 2 MiB pages",
            Scatterlist.PageSize.Huge1GiB => ", 1 GiB pages",
            _ => "",
        }}");
}
