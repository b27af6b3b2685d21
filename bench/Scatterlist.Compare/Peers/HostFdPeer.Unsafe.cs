namespace Scatterlist.Compare.Peers;

/// <summary>The functions of hostfd.c.</summary>
internal sealed unsafe class HostFdPeer : IDisposable
{
    private readonly PeerLibrary _library = PeerLibrary.Compile("hostfd.c");
    private readonly delegate* unmanaged<int, nint, nuint, ulong, int, int> _pread;
    private readonly delegate* unmanaged<int, nint, nuint, ulong, int, int> _pwrite;
    private readonly delegate* unmanaged<int, Block*, int, long, int, int> _preadv2;
    private readonly delegate* unmanaged<int, Block*, int, long, int, int> _pwritev2;

    public HostFdPeer()
    {
        _pread = (delegate* unmanaged<int, nint, nuint, ulong, int, int>)_library["peer_pread"];
        _pwrite = (delegate* unmanaged<int, nint, nuint, ulong, int, int>)_library["peer_pwrite"];
        _preadv2 = (delegate* unmanaged<int, Block*, int, long, int, int>)_library["peer_preadv2"];
        _pwritev2 = (delegate* unmanaged<int, Block*, int, long, int, int>)_library["peer_pwritev2"];
    }

    /// <summary>Reads one block at offsets that walk through the file.</summary>
    public void Pread(int descriptor, Block block, ulong offsetMask, int operations) => PeerLibrary.Check(
        _pread(descriptor, block.Address, block.Length, offsetMask, operations), "pread");

    /// <summary>Writes one block at offsets that walk through the file.</summary>
    public void Pwrite(int descriptor, Block block, ulong offsetMask, int operations) => PeerLibrary.Check(
        _pwrite(descriptor, block.Address, block.Length, offsetMask, operations), "pwrite");

    /// <summary>Reads into the blocks, which are iovecs, from offset 0 on.</summary>
    public void Preadv2(int descriptor, ReadOnlySpan<Block> blocks, ulong bytes, int operations)
    {
        fixed (Block* first = blocks)
            PeerLibrary.Check(_preadv2(descriptor, first, blocks.Length, (long)bytes, operations), "preadv2");
    }

    /// <summary>Writes from the blocks, which are iovecs, from offset 0 on.</summary>
    public void Pwritev2(int descriptor, ReadOnlySpan<Block> blocks, ulong bytes, int operations)
    {
        fixed (Block* first = blocks)
            PeerLibrary.Check(_pwritev2(descriptor, first, blocks.Length, (long)bytes, operations), "pwritev2");
    }

    /// <inheritdoc/>
    public void Dispose() => _library.Dispose();
}
