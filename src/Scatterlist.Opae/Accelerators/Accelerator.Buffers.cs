using System.Globalization;
using Scatterlist.Opae.Ports;

namespace Scatterlist.Opae;

public sealed partial class Accelerator
{
    private const BufferFlags KnownFlags = BufferFlags.Preallocated | BufferFlags.Quiet | BufferFlags.ReadOnly;

    /// <summary>Makes memory and shares it with the accelerator.</summary>
    /// <param name="length">Bytes, at least 1; whole pages are shared.</param>
    /// <param name="flags">
    /// <see cref="BufferFlags.ReadOnly"/>, <see cref="BufferFlags.Quiet"/>; <see cref="BufferFlags.Preallocated"/> is
    /// for the other overloads.
    /// </param>
    /// <param name="options">The pages to use; null for OPAE's thresholds.</param>
    /// <returns>The buffer, zeroed, which the caller owns.</returns>
    /// <exception cref="ArgumentException">A length of 0 or flags that are not allowed here.</exception>
    /// <exception cref="FpgaException">
    /// <see cref="FpgaResult.NoMemory"/>: no huge pages, too little locked memory, too many mappings; other codes for
    /// what the device or its driver refused.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The accelerator is closed.</exception>
    public SharedBuffer PrepareBuffer(
        nuint length, BufferFlags flags = BufferFlags.None, SharedBufferOptions? options = null)
    {
        using Use use = Enter();
        ArgumentOutOfRangeException.ThrowIfZero(length);
        CheckFlags(flags);
        if (flags.HasFlag(BufferFlags.Preallocated))
            throw new ArgumentException("Preallocated: name the memory that is to be shared.", nameof(flags));
        options ??= SharedBufferOptions.Default;
        HostBuffer host = Allocate(length, flags, options);
        var memory = new MemoryToShare(
            new Block(host.Address, host.AllocatedLength), host.Handle, host.Descriptor, 0,
            flags.HasFlag(BufferFlags.ReadOnly), host.PageSize);
        PortMapping mapping = Map(memory, host, flags);
        return Share(new SharedBuffer(
            this, mapping, memory.Memory.TakeFirst(length), memory.Memory.Length, flags, host));
    }

    /// <summary>
    /// Shares all of a host buffer, which is kept until the shared buffer is released. The buffer may be shared any
    /// number of times, with any accelerators; each sharing is independent.
    /// </summary>
    /// <param name="memory">The buffer. All its pages are shared.</param>
    /// <param name="flags">Preallocated is understood.</param>
    /// <exception cref="ArgumentException">Flags that do not exist.</exception>
    /// <exception cref="FpgaException">What the device or its driver refused.</exception>
    /// <exception cref="ObjectDisposedException">The accelerator is closed, or the buffer is disposed.</exception>
    public SharedBuffer PrepareBuffer(HostBuffer memory, BufferFlags flags = BufferFlags.Preallocated)
    {
        using Use use = Enter();
        ArgumentNullException.ThrowIfNull(memory);
        flags |= BufferFlags.Preallocated;
        CheckFlags(flags);
        CheckPreallocated(flags);
        var shared = new MemoryToShare(
            new Block(memory.Address, memory.AllocatedLength), memory.Handle, memory.Descriptor, 0,
            flags.HasFlag(BufferFlags.ReadOnly), memory.PageSize);
        PortMapping mapping = Map(shared, owned: null, flags);
        return Share(new SharedBuffer(
            this, mapping, shared.Memory.TakeFirst(memory.Length), shared.Memory.Length, flags, memory));
    }

    /// <summary>
    /// Shares memory of the caller's own. It stays mapped, by the caller's doing, until the shared buffer is released.
    /// Exactly these bytes are shared, never a neighbour's.
    /// </summary>
    /// <param name="memory">The memory: a page-aligned address, and a length that is a multiple of the page size.</param>
    /// <param name="flags">Preallocated is understood.</param>
    /// <exception cref="ArgumentException">
    /// Flags that do not exist, no memory, or memory that is not made of whole pages.
    /// </exception>
    /// <exception cref="FpgaException">
    /// <see cref="FpgaResult.InvalidParam"/>: the memory is not mapped, or cannot be written and is not shared as
    /// <see cref="BufferFlags.ReadOnly"/>.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The accelerator is closed.</exception>
    public SharedBuffer PrepareBuffer(Block memory, BufferFlags flags = BufferFlags.Preallocated)
    {
        using Use use = Enter();
        flags |= BufferFlags.Preallocated;
        CheckFlags(flags);
        CheckPreallocated(flags);
        nuint page = HostBuffer.BasePageSize;
        if (memory.IsEmpty || memory.Length % page != 0)
        {
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                $"{memory.Length} bytes are not a multiple of the page size, {page} bytes."), nameof(memory));
        }

        if ((nuint)memory.Address % page != 0)
        {
            throw new ArgumentException(
                $"Address {Hex((ulong)memory.Address)} is not a multiple of the page size, {page} bytes.", nameof(memory));
        }

        var shared = new MemoryToShare(memory, null, null, 0, flags.HasFlag(BufferFlags.ReadOnly), page);
        PortMapping mapping = Map(shared, owned: null, flags);
        return Share(new SharedBuffer(this, mapping, memory, memory.Length, flags, host: null));
    }

    /// <summary>
    /// Shares one big piece of memory once, from which parts are rented for a fraction of what a preparation costs.
    /// </summary>
    /// <param name="length">Bytes, rounded up to a power of two.</param>
    /// <param name="flags">As for a buffer; all parts share them.</param>
    /// <param name="options">The pages to use; null for OPAE's thresholds.</param>
    /// <exception cref="ArgumentException">A length of 0 or past half of the address space, or flags not allowed.</exception>
    /// <exception cref="FpgaException">As for a buffer.</exception>
    /// <exception cref="ObjectDisposedException">The accelerator is closed.</exception>
    public SharedBufferPool CreatePool(
        nuint length, BufferFlags flags = BufferFlags.None, SharedBufferOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, nuint.MaxValue / 4);
        nuint size = nuint.Max(System.Numerics.BitOperations.RoundUpToPowerOf2(length), HostBuffer.BasePageSize);
        var pool = new SharedBufferPool(this, PrepareBuffer(size, flags, options));
        _buffers.Add(pool);
        return pool;
    }

    /// <summary>Finds a buffer of this accelerator.</summary>
    /// <returns>Whether the number is one of a buffer that is prepared now.</returns>
    public bool TryGetBuffer(WorkspaceId id, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out SharedBuffer? buffer) =>
        _buffers.TryGet(id, out buffer);

    /// <summary>Where the accelerator reaches a buffer.</summary>
    /// <exception cref="FpgaException"><see cref="FpgaResult.NotFound"/>: no buffer of this accelerator has the number.
    /// </exception>
    public IoAddress GetIoAddress(WorkspaceId id) => _buffers.TryGet(id, out SharedBuffer? buffer)
        ? buffer.IoAddress
        : throw new FpgaException(
            $"GetIoAddress({id})", FpgaResult.NotFound, detail: "no live buffer of this accelerator has the number");

    /// <summary>Releases a buffer by its number; the same as disposing it.</summary>
    /// <exception cref="FpgaException">
    /// <see cref="FpgaResult.InvalidParam"/>: no buffer of this accelerator has the number, it may be released already.
    /// </exception>
    public void ReleaseBuffer(WorkspaceId id)
    {
        if (!_buffers.TryTake(id, out SharedBuffer? buffer))
        {
            throw new FpgaException(
                $"ReleaseBuffer({id})", FpgaResult.InvalidParam,
                detail: "no live buffer of this accelerator has the number");
        }

        buffer.Dispose();
    }

    private SharedBuffer Share(SharedBuffer buffer)
    {
        if (_buffers.TryAdd(buffer))
            return buffer;
        buffer.Dispose();
        throw new ObjectDisposedException(nameof(Accelerator));
    }

    private PortMapping Map(in MemoryToShare memory, HostBuffer? owned, BufferFlags flags)
    {
        try
        {
            return Port.Map(memory);
        }
        catch (Exception exception)
        {
            owned?.Dispose();
            if (exception is FpgaException refusal && !flags.HasFlag(BufferFlags.Quiet))
                Token.NoteRefusal(refusal);
            throw;
        }
    }

    private HostBuffer Allocate(nuint length, BufferFlags flags, SharedBufferOptions options)
    {
        PageSize pages = options.PageSizeFor(length);
        if (pages == PageSize.Base && !Port.PrefersMemFd && Port.LengthFor(length) == length
            && _kept.TryTake(length) is { } kept)
        {
            return kept;
        }

        try
        {
            return HostBuffer.Allocate(Port.LengthFor(length), new HostBufferOptions
            {
                PageSize = pages,
                Fallback = options.Fallback,
                IsShareable = Port.PrefersMemFd,
                IsPopulated = pages != PageSize.Base, // a huge page that is not there is an error now, not a SIGBUS later
                Name = "opae",
            });
        }
        catch (ScatterlistException exception)
        {
            var failure = new FpgaException(
                $"PrepareBuffer({length} bytes, {flags})", FpgaResult.NoMemory, exception.Errno, exception.Operation,
                Remedy(exception, pages), exception);
            if (!flags.HasFlag(BufferFlags.Quiet))
                Token.NoteRefusal(failure);
            throw failure;
        }
    }

    private static string? Remedy(ScatterlistException exception, PageSize pages) => pages == PageSize.Base
        ? exception.Remedy
        : $"{exception.Remedy} Behind an IOMMU base pages do too: SharedBufferOptions.SmallerPages.".TrimStart();

    private void CheckPreallocated(BufferFlags flags)
    {
        if (!Port.SupportsPreallocated)
        {
            throw new FpgaException(
                $"PrepareBuffer({flags})", FpgaResult.NotSupported,
                detail: "this accelerator cannot share memory of the caller's own");
        }
    }

    private static void CheckFlags(BufferFlags flags)
    {
        if ((flags & ~KnownFlags) != 0)
            throw new ArgumentOutOfRangeException(nameof(flags), flags, "There are no such buffer flags.");
    }
}
