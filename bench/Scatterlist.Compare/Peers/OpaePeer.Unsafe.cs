namespace Scatterlist.Compare.Peers;

/// <summary>The functions of opae.c.</summary>
internal sealed unsafe class OpaePeer : IDisposable
{
    private readonly PeerLibrary _library = PeerLibrary.Compile("opae.c");
    private readonly delegate* unmanaged<nint, nint, nuint, int, int> _copy;
    private readonly delegate* unmanaged<nint, int, int> _lockedLoad;

    public OpaePeer()
    {
        _copy = (delegate* unmanaged<nint, nint, nuint, int, int>)_library["peer_copy"];
        _lockedLoad = (delegate* unmanaged<nint, int, int>)_library["peer_locked_load"];
    }

    /// <summary>memcpy of one block to another.</summary>
    public void Copy(Block to, Block from, int operations) =>
        PeerLibrary.Check(_copy(to.Address, from.Address, nuint.Min(to.Length, from.Length), operations), "memcpy");

    /// <summary>Loads of 64 bits under a lock.</summary>
    public void LockedLoad(Block place, int operations) =>
        PeerLibrary.Check(_lockedLoad(place.Address, operations), "load");

    /// <inheritdoc/>
    public void Dispose() => _library.Dispose();
}
