namespace Scatterlist.Testing;

/// <summary>
/// Whole pages of memory with pages behind them (and before them) that nobody may touch: managed code that does is
/// killed, and the kernel answers EFAULT. Dispose it when nothing uses the memory any more.
/// </summary>
public sealed class GuardedMemory : IDisposable
{
    private readonly nint _mapping;
    private readonly nuint _mappedLength;
    private int _disposed;

    private GuardedMemory(nint mapping, nuint mappedLength, nint address, nuint length)
    {
        _mapping = mapping;
        _mappedLength = mappedLength;
        Address = address;
        Length = length;
    }

    /// <summary>The first good byte, page-aligned.</summary>
    public nint Address { get; }

    /// <summary>Good bytes: whole pages.</summary>
    public nuint Length { get; }

    /// <summary>The first address behind the good bytes, where the fault comes.</summary>
    public nint FaultAddress => (nint)((nuint)Address + Length);

    /// <summary>All good bytes.</summary>
    public Block All => new(Address, Length);

    /// <summary>Memory between two pages without any access (SIGSEGV).</summary>
    /// <param name="length">Good bytes at least; rounded up to whole pages.</param>
    public static GuardedMemory NoAccess(nuint length)
    {
        nuint page = (nuint)Environment.SystemPageSize;
        nuint good = RoundUp(length, page);
        nint mapping = NativeMethods.MMap(
            0, good + (2 * page), NativeMethods.ProtNone, NativeMethods.MapPrivateAnonymous, -1, 0);
        NativeMethods.ThrowIf(mapping == -1, "mmap");
        nint address = mapping + (nint)page;
        NativeMethods.ThrowIf(NativeMethods.MProtect(address, good, NativeMethods.ProtReadWrite) != 0, "mprotect");
        return new GuardedMemory(mapping, good + (2 * page), address, good);
    }

    /// <summary>Memory that can be read and not written, of zeros, between two pages without any access.</summary>
    /// <param name="length">Good bytes at least; rounded up to whole pages.</param>
    public static GuardedMemory ReadOnly(nuint length)
    {
        GuardedMemory memory = NoAccess(length);
        memory.AsSpan().Clear(); // the pages are there
        NativeMethods.ThrowIf(
            NativeMethods.MProtect(memory.Address, memory.Length, NativeMethods.ProtRead) != 0, "mprotect");
        return memory;
    }

    /// <summary>A mapping that reaches one page past the end of its file (SIGBUS), as after a truncation.</summary>
    /// <param name="length">Good bytes at least; rounded up to whole pages.</param>
    public static GuardedMemory PastEndOfFile(nuint length)
    {
        nuint page = (nuint)Environment.SystemPageSize;
        nuint good = RoundUp(length, page);
        int fd = NativeMethods.MemFdCreate("guarded", 1);
        NativeMethods.ThrowIf(fd < 0, "memfd_create");
        try
        {
            NativeMethods.ThrowIf(NativeMethods.FTruncate(fd, (long)good) != 0, "ftruncate");
            nint mapping = NativeMethods.MMap(
                0, good + page, NativeMethods.ProtReadWrite, NativeMethods.MapShared, fd, 0);
            NativeMethods.ThrowIf(mapping == -1, "mmap");
            return new GuardedMemory(mapping, good + page, mapping, good);
        }
        finally
        {
            _ = NativeMethods.Close(fd);
        }
    }

    /// <summary>The first <paramref name="count"/> good bytes.</summary>
    public Block First(nuint count) => All.TakeFirst(count);

    /// <summary>The last <paramref name="count"/> good bytes: one byte more would fault.</summary>
    public Block Last(nuint count) => All.Slice(Length - count, count);

    /// <summary>A block with <paramref name="good"/> bytes that are there and <paramref name="bad"/> that fault.</summary>
    public Block AcrossEnd(nuint good, nuint bad) => new((nint)((nuint)FaultAddress - good), good + bad);

    /// <summary>The good bytes as a span.</summary>
    public Span<byte> AsSpan() => All.AsSpan();

    /// <summary>Unmaps everything. Idempotent.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            _ = NativeMethods.MUnmap(_mapping, _mappedLength);
    }

    private static nuint RoundUp(nuint length, nuint page) => (nuint.Max(length, 1) + page - 1) / page * page;
}
