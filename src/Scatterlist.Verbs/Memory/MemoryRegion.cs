using Scatterlist.Verbs.Providers;

namespace Scatterlist.Verbs;

/// <summary>
/// Registered memory (struct ibv_mr): what work requests and peers may reach, by its keys and with its rights. Made by
/// <see cref="ProtectionDomain"/>.
/// </summary>
/// <remarks>
/// <para>The region keeps its memory in place. <see cref="Dispose"/> deregisters: it waits for accesses that are under
/// way, and from then on the keys reach nothing (work that still names them fails with a protection error). Only
/// afterwards is the memory let go, whenever its own object was disposed.</para>
/// <para>Thread-safe. Dispose it in any order with its domain, its memory and the queue pairs.</para>
/// </remarks>
public sealed class MemoryRegion : IDisposable
{
    private readonly ProviderRegion _provider;

    internal MemoryRegion(
        ProtectionDomain domain, ProviderRegion provider, ulong address, nint hostAddress, nuint length,
        AccessFlags access)
    {
        Domain = domain;
        _provider = provider;
        LocalKey = provider.LocalKey;
        RemoteKey = provider.RemoteKey;
        Address = address;
        HostAddress = hostAddress;
        Length = length;
        Access = access;
    }

    /// <summary>The domain that it belongs to.</summary>
    public ProtectionDomain Domain { get; }

    /// <summary>Bytes.</summary>
    public nuint Length { get; }

    /// <summary>The address by which work requests and peers name the first byte; 0 in a zero-based region.</summary>
    public ulong Address { get; }

    /// <summary>The rights.</summary>
    public AccessFlags Access { get; }

    /// <summary>The key of local work requests.</summary>
    public LocalKey LocalKey { get; }

    /// <summary>The key of peers. Whoever has it reaches the memory with the region's remote rights.</summary>
    public RemoteKey RemoteKey { get; }

    /// <summary>Whether <see cref="Dispose"/> was called.</summary>
    public bool IsDisposed => _provider.IsDisposed;

    /// <summary>All of the region as a peer names it.</summary>
    public RemoteMemoryRegion Remote => new(new RemoteAddress(Address), Length, RemoteKey);

    internal ProviderRegion Provider => _provider;

    /// <summary>Where inline data are read from; 0 where the processor cannot reach them.</summary>
    internal nint HostAddress { get; }

    /// <summary>Whether the part lies inside of the region.</summary>
    /// <param name="offset">Bytes from the region's first.</param>
    /// <param name="length">Bytes.</param>
    public bool Encloses(nuint offset, nuint length) => offset <= Length && length <= Length - offset;

    /// <summary>Whether memory of this process lies inside of the region.</summary>
    public bool Encloses(Block memory) => HostAddress != 0
        && (nuint)memory.Address >= (nuint)HostAddress
        && Encloses((nuint)memory.Address - (nuint)HostAddress, memory.Length);

    /// <summary>All of the region, to send or write from.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The region is longer than an element can be.</exception>
    /// <exception cref="ObjectDisposedException">The region is disposed.</exception>
    public GatherElement Gather() => new(this, 0, Length);

    /// <summary>A part of the region, to send or write from.</summary>
    /// <inheritdoc cref="GatherElement(MemoryRegion, nuint, nuint)"/>
    public GatherElement Gather(nuint offset, nuint length) => new(this, offset, length);

    /// <summary>All of the region, to receive or read into.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The region is longer than an element can be.</exception>
    /// <exception cref="InvalidOperationException">The region lacks <see cref="AccessFlags.LocalWrite"/>.</exception>
    /// <exception cref="ObjectDisposedException">The region is disposed.</exception>
    public ScatterElement Scatter() => new(this, 0, Length);

    /// <summary>A part of the region, to receive or read into.</summary>
    /// <inheritdoc cref="ScatterElement(MemoryRegion, nuint, nuint)"/>
    public ScatterElement Scatter(nuint offset, nuint length) => new(this, offset, length);

    /// <summary>Deregisters (ibv_dereg_mr(3)); waits for accesses that are under way. Idempotent.</summary>
    public void Dispose() => _provider.Dispose();

    /// <summary>For people: length and rights, and no key.</summary>
    public override string ToString() => $"{Length} bytes, {Access}";
}
