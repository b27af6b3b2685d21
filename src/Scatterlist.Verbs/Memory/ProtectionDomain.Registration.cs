using System.Globalization;
using Scatterlist.Verbs.Providers;

namespace Scatterlist.Verbs;

/// <summary>Registration of memory (ibv_reg_mr(3), ibv_reg_dm_mr(3), ibv_reg_dmabuf_mr(3)).</summary>
public sealed partial class ProtectionDomain
{
    private const AccessFlags NeedLocalWrite = AccessFlags.RemoteWrite | AccessFlags.RemoteAtomic;

    /// <summary>Registers all of a buffer. The region keeps its pages.</summary>
    /// <param name="buffer">The buffer.</param>
    /// <param name="access">The rights; RemoteWrite and RemoteAtomic need LocalWrite.</param>
    /// <exception cref="VerbsException">The device refused; for locked memory the exception has the remedy.</exception>
    /// <exception cref="ObjectDisposedException">The buffer or the domain is disposed.</exception>
    public MemoryRegion Register(HostBuffer buffer, AccessFlags access = AccessFlags.LocalWrite)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        return Register(buffer, 0, buffer.Length, access);
    }

    /// <summary>Registers a part of a buffer. The region keeps the buffer's pages.</summary>
    /// <param name="buffer">The buffer.</param>
    /// <param name="offset">Where the part starts, in bytes.</param>
    /// <param name="length">Its bytes, at least 1.</param>
    /// <param name="access">The rights; RemoteWrite and RemoteAtomic need LocalWrite.</param>
    /// <param name="iova">The address by which work requests and peers name the first byte; null: its address in this
    /// process, or 0 with <see cref="AccessFlags.ZeroBased"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part reaches outside of the buffer.</exception>
    /// <inheritdoc cref="Register(HostBuffer, AccessFlags)"/>
    public MemoryRegion Register(
        HostBuffer buffer, nuint offset, nuint length, AccessFlags access, ulong? iova = null)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        using BufferLease lease = buffer.Lease(offset, length);
        FileDescriptor? shared = buffer.Descriptor;
        return Register(lease.Block, length, access, iova, buffer.Handle, shared, shared is null ? 0 : offset);
    }

    /// <summary>Pins managed memory and registers it; it is unpinned when the region is gone.</summary>
    /// <param name="memory">The memory. A <see cref="HostBuffer"/> suits better: it needs no pin and has pages of its
    /// own.</param>
    /// <param name="access">The rights.</param>
    /// <inheritdoc cref="Register(HostBuffer, AccessFlags)"/>
    public MemoryRegion Register(Memory<byte> memory, AccessFlags access = AccessFlags.LocalWrite)
    {
        PinnedMemory pinned = PinnedMemory.Pin(memory);
        try
        {
            return Register(
                new Block(pinned.Address, (nuint)memory.Length), (nuint)memory.Length, access, null, pinned, null, 0);
        }
        finally
        {
            pinned.Dispose(); // the region holds it from here on
        }
    }

    /// <summary>Registers memory that the caller keeps in place until the region is gone: nothing else does.</summary>
    /// <param name="address">The first byte.</param>
    /// <param name="length">Bytes, at least 1.</param>
    /// <param name="access">The rights.</param>
    /// <param name="iova">The address by which work requests and peers name the first byte; null: its own.</param>
    /// <inheritdoc cref="Register(HostBuffer, AccessFlags)"/>
    public MemoryRegion RegisterUnsafe(nint address, nuint length, AccessFlags access, ulong? iova = null) =>
        Register(new Block(address, length), length, access, iova, null, null, 0);

    /// <summary>Registers a dma-buf, as of a GPU's memory (ibv_reg_dmabuf_mr(3)).</summary>
    /// <param name="buffer">The dma-buf's descriptor.</param>
    /// <param name="offset">Where in it the region starts.</param>
    /// <param name="length">Bytes, at least 1.</param>
    /// <param name="access">The rights.</param>
    /// <param name="iova">The address of the first byte; it has the same place in its page as
    /// <paramref name="offset"/>.</param>
    /// <exception cref="VerbsException">NotSupported, or what the kernel refused.</exception>
    /// <exception cref="ObjectDisposedException">The descriptor or the domain is disposed.</exception>
    public MemoryRegion RegisterDmaBuf(
        FileDescriptor buffer, ulong offset, nuint length, AccessFlags access, ulong iova = 0)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        using HeldHandle held = _provider.Hold(this);
        using HeldHandle heldBuffer = buffer.Hold(buffer);
        string verb = Describe("ibv_reg_dmabuf_mr", length, access, iova);
        Check(verb, length, access);
        ulong page = HostBuffer.BasePageSize - 1;
        if ((offset & page) != (iova & page))
        {
            throw new VerbsException(
                verb, Errno.EINVAL, $"offset 0x{offset:x} and iova 0x{iova:x} lie at different places of their pages");
        }

        return new MemoryRegion(
            this, _provider.RegisterDmaBuf(buffer, offset, length, iova, access), iova, 0, length, access);
    }

    /// <summary>Registers all of a device's own memory, as a zero-based region.</summary>
    /// <inheritdoc cref="Register(DeviceMemory, nuint, nuint, AccessFlags)"/>
    public MemoryRegion Register(DeviceMemory memory, AccessFlags access)
    {
        ArgumentNullException.ThrowIfNull(memory);
        return Register(memory, 0, memory.Length, access);
    }

    /// <summary>
    /// Registers a part of a device's own memory. Such a region is zero-based (work requests and peers name bytes by
    /// their offset in it): <see cref="AccessFlags.ZeroBased"/> is added where it lacks. The region keeps the memory.
    /// </summary>
    /// <param name="memory">The memory, of the same device.</param>
    /// <param name="offset">Where the part starts, in bytes.</param>
    /// <param name="length">Its bytes, at least 1.</param>
    /// <param name="access">The rights.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part reaches outside of the memory.</exception>
    /// <exception cref="VerbsException">The device refused: InvalidInput for a part that is not aligned.</exception>
    /// <exception cref="ObjectDisposedException">The memory or the domain is disposed.</exception>
    public MemoryRegion Register(DeviceMemory memory, nuint offset, nuint length, AccessFlags access)
    {
        ArgumentNullException.ThrowIfNull(memory);
        using HeldHandle held = _provider.Hold(this);
        using HeldHandle heldMemory = memory.Provider.Hold(memory);
        access |= AccessFlags.ZeroBased;
        string verb = Describe("ibv_reg_dm_mr", length, access, 0);
        Check(verb, length, access);
        if (offset > memory.Length || length > memory.Length - offset)
        {
            throw new ArgumentOutOfRangeException(
                nameof(offset),
                $"Offset {offset} and length {length} reach outside of the device memory's {memory.Length} bytes.");
        }

        return new MemoryRegion(
            this, _provider.RegisterDeviceMemory(memory.Provider, offset, length, access), 0, 0, length, access);
    }

    private MemoryRegion Register(
        Block block, nuint length, AccessFlags access, ulong? iova, NativeHandle? owner, FileDescriptor? shared,
        ulong sharedOffset)
    {
        using HeldHandle held = _provider.Hold(this);
        bool zeroBased = (access & AccessFlags.ZeroBased) != 0;
        ulong address = iova ?? (zeroBased ? 0 : (ulong)block.Address);
        string verb = Describe("ibv_reg_mr", length, access, iova);
        Check(verb, length, access);
        if (zeroBased && address != 0)
            throw new VerbsException(verb, Errno.EINVAL, $"a zero-based region starts at 0, not at 0x{address:x}");
        if (length > ulong.MaxValue - address)
            throw new VerbsException(verb, Errno.EINVAL, $"iova 0x{address:x} and the length wrap around");
        return new MemoryRegion(
            this, _provider.RegisterMemory(block, address, access, owner, shared, sharedOffset), address,
            block.Address, length, access);
    }

    private void Check(string verb, nuint length, AccessFlags access)
    {
        if (length == 0)
            throw new VerbsException(verb, Errno.EINVAL, "a region has at least 1 byte");
        ulong most = Context.Attributes.MaxRegionSize;
        if (length > most)
            throw new VerbsException(verb, Errno.EINVAL, $"a region of this device has at most {most} bytes");
        if ((access & NeedLocalWrite) != 0 && (access & AccessFlags.LocalWrite) == 0)
            throw new VerbsException(verb, Errno.EINVAL, $"{access & NeedLocalWrite} needs LocalWrite as well");
    }

    private static string Describe(string verb, nuint length, AccessFlags access, ulong? iova) => string.Create(
        CultureInfo.InvariantCulture,
        $"{verb}(length {length}, access {access}{(iova is null ? "" : $", iova 0x{iova:x}")})");
}
