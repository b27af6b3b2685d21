using Scatterlist.Verbs.Providers;

namespace Scatterlist.Verbs.SoftRoce.Objects;

/// <summary>
/// Memory of the soft NIC's own: pages that no program gets a pointer to. Copies keep the rules of real device memory,
/// offsets and lengths in whole words of 4 bytes, so that a program that works here works on a card.
/// </summary>
internal sealed unsafe class SoftDeviceMemory : ProviderDeviceMemory
{
    private const uint Word = 4;

    private readonly HostBuffer _pages;
    private int _regions;

    internal SoftDeviceMemory(SoftContext context, HostBuffer pages, nuint length)
        : base(1, context)
    {
        Context = context;
        _pages = pages;
        Length = length;
        Memory = new Block(pages.Address, length);
    }

    internal SoftContext Context { get; }

    internal nuint Length { get; }

    internal Block Memory { get; }

    /// <summary>The memfd of the pages, by which a peer on this host maps what it was granted.</summary>
    internal FileDescriptor? Descriptor => _pages.Descriptor;

    internal override int Regions => Volatile.Read(ref _regions);

    /// <summary>Changed under the engine's lock.</summary>
    internal int RegionCount { get => _regions; set => Volatile.Write(ref _regions, value); }

    internal override Errno CopyTo(nuint offset, byte* source, nuint length)
    {
        if (!IsAllowed(offset, length, out Errno errno))
            return errno;
        Buffer.MemoryCopy(source, (byte*)Memory.Address + offset, length, length);
        return Errno.None;
    }

    internal override Errno CopyFrom(nuint offset, byte* destination, nuint length)
    {
        if (!IsAllowed(offset, length, out Errno errno))
            return errno;
        Buffer.MemoryCopy((byte*)Memory.Address + offset, destination, length, length);
        return Errno.None;
    }

    protected override bool ReleaseNative()
    {
        Context.ReturnDeviceMemory(Length);
        _pages.Dispose();
        return true;
    }

    private bool IsAllowed(nuint offset, nuint length, out Errno errno)
    {
        errno = Errno.None;
        if (offset > Length || length > Length - offset)
            errno = Errno.EFAULT;
        else if ((offset | length) % Word != 0)
            errno = Errno.EINVAL;
        return errno == Errno.None;
    }
}
