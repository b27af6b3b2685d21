using System.Security.Cryptography;

namespace Scatterlist.Verbs.SoftRoce.Objects;

/// <summary>
/// The NIC's regions by their keys. Keys are drawn at random from all 32-bit numbers, so that knowing one tells nothing
/// of another. Used under the engine's lock, which a deregistration takes too: a pointer from here is good until the lock
/// is released, and never after.
/// </summary>
internal sealed unsafe class RegionTable
{
    private readonly Dictionary<uint, SoftRegion> _local = [];
    private readonly Dictionary<uint, SoftRegion> _remote = [];
    private SoftRegion? _lastLocal; // most work names the region that the work before it named
    private SoftRegion? _lastRemote;

    internal int Count => _local.Count;

    internal void Add(SoftRegion region)
    {
        region.LocalKeyValue = Draw(_local);
        region.RemoteKeyValue = Draw(_remote);
        _local.Add(region.LocalKeyValue, region);
        _remote.Add(region.RemoteKeyValue, region);
    }

    internal void Remove(SoftRegion region)
    {
        if (_local.TryGetValue(region.LocalKeyValue, out SoftRegion? found) && found == region)
            _local.Remove(region.LocalKeyValue);
        if (_remote.TryGetValue(region.RemoteKeyValue, out found) && found == region)
            _remote.Remove(region.RemoteKeyValue);
        if (_lastLocal == region)
            _lastLocal = null;
        if (_lastRemote == region)
            _lastRemote = null;
    }

    /// <summary>The first byte of memory that an element names, or null when its key does not cover it.</summary>
    /// <param name="localKey">The element's key.</param>
    /// <param name="domain">The queue pair's domain.</param>
    /// <param name="address">The element's address: virtual, or an offset in a zero-based region.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="rights"><see cref="AccessFlags.LocalWrite"/> where the NIC will write, none where it reads.</param>
    internal byte* TryLocal(uint localKey, SoftDomain domain, ulong address, uint length, AccessFlags rights)
    {
        SoftRegion? region = _lastLocal;
        if (region is null || region.LocalKeyValue != localKey)
        {
            if (!_local.TryGetValue(localKey, out region))
                return null;
            _lastLocal = region;
        }

        return region.TryResolve(domain, address, length, rights);
    }

    /// <summary>The first byte of memory that a peer names, or null when its key does not cover it.</summary>
    internal byte* TryRemote(uint remoteKey, SoftDomain domain, ulong address, uint length, AccessFlags rights)
    {
        SoftRegion? region = FindRemote(remoteKey);
        return region is null ? null : region.TryResolve(domain, address, length, rights);
    }

    /// <summary>The region of a remote key, or null.</summary>
    internal SoftRegion? FindRemote(uint remoteKey)
    {
        SoftRegion? region = _lastRemote;
        if (region is not null && region.RemoteKeyValue == remoteKey)
            return region;
        if (_remote.TryGetValue(remoteKey, out region))
            _lastRemote = region;
        return region;
    }

    /// <summary>Takes a key out of use, for good; the region itself stays registered.</summary>
    /// <returns>False when the domain has no region of this key.</returns>
    internal bool TryInvalidate(uint key, SoftDomain domain, bool remote)
    {
        Dictionary<uint, SoftRegion> table = remote ? _remote : _local;
        if (!table.TryGetValue(key, out SoftRegion? region) || region.Domain != domain)
            return false;
        table.Remove(key);
        if (remote)
            _lastRemote = null;
        else
            _lastLocal = null;
        return true;
    }

    private static uint Draw(Dictionary<uint, SoftRegion> table)
    {
        uint key;
        do
        {
            RandomNumberGenerator.Fill(new Span<byte>(&key, sizeof(uint)));
        }
        while (key == 0 || table.ContainsKey(key));

        return key;
    }
}
