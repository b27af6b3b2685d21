namespace Scatterlist.Compare.Peers;

/// <summary>The functions of vrtd.c.</summary>
internal sealed unsafe class VrtdPeer : IDisposable
{
    private readonly PeerLibrary _library = PeerLibrary.Compile("vrtd.c");
    private readonly delegate* unmanaged<nuint, int> _memfd;
    private readonly delegate* unmanaged<int, void> _close;
    private readonly delegate* unmanaged<int, nint, nuint, nuint, int, int> _writeChunks;
    private readonly delegate* unmanaged<int, nint, nuint, nuint, int, int> _readChunks;
    private readonly delegate* unmanaged<int, long, long, int> _punchHole;
    private readonly delegate* unmanaged<nint> _exchangeStart;
    private readonly delegate* unmanaged<nint, int, int> _exchangeRun;
    private readonly delegate* unmanaged<nint, void> _exchangeStop;

    public VrtdPeer()
    {
        _memfd = (delegate* unmanaged<nuint, int>)_library["peer_memfd"];
        _close = (delegate* unmanaged<int, void>)_library["peer_close"];
        _writeChunks = (delegate* unmanaged<int, nint, nuint, nuint, int, int>)_library["peer_write_chunks"];
        _readChunks = (delegate* unmanaged<int, nint, nuint, nuint, int, int>)_library["peer_read_chunks"];
        _punchHole = (delegate* unmanaged<int, long, long, int>)_library["peer_punch_hole"];
        _exchangeStart = (delegate* unmanaged<nint>)_library["peer_exchange_start"];
        _exchangeRun = (delegate* unmanaged<nint, int, int>)_library["peer_exchange_run"];
        _exchangeStop = (delegate* unmanaged<nint, void>)_library["peer_exchange_stop"];
    }

    /// <summary>A plain memfd with every page written.</summary>
    public int CreateMemFd(ulong length) => PeerLibrary.Check(_memfd((nuint)length), "memfd_create");

    /// <summary>Closes a descriptor that this peer made.</summary>
    public void Close(int descriptor) => _close(descriptor);

    /// <summary>pwrite of memory to offset 0 on, in chunks.</summary>
    public void WriteChunks(int descriptor, Block memory, ulong chunk, int operations) => PeerLibrary.Check(
        _writeChunks(descriptor, memory.Address, memory.Length, (nuint)chunk, operations), "pwrite");

    /// <summary>pread into memory from offset 0 on, in chunks.</summary>
    public void ReadChunks(int descriptor, Block memory, ulong chunk, int operations) => PeerLibrary.Check(
        _readChunks(descriptor, memory.Address, memory.Length, (nuint)chunk, operations), "pread");

    /// <summary>Gives the pages of a range back to the kernel; they read as zero, and the next write meets fresh ones.</summary>
    public void PunchHole(int descriptor, ulong offset, ulong length) => PeerLibrary.Check(
        _punchHole(descriptor, (long)offset, (long)length), "fallocate(FALLOC_FL_PUNCH_HOLE)");

    /// <summary>Starts a thread that answers datagrams of the wire's sizes.</summary>
    public nint StartExchange()
    {
        nint exchange = _exchangeStart();
        return exchange != 0 ? exchange : throw new CannotMeasureException("The C exchange does not start.");
    }

    /// <summary>Two round trips an operation, with a descriptor in the first reply.</summary>
    public void RunExchange(nint exchange, int operations) =>
        PeerLibrary.Check(_exchangeRun(exchange, operations), "socketpair exchange");

    /// <summary>Ends the thread and frees everything.</summary>
    public void StopExchange(nint exchange) => _exchangeStop(exchange);

    /// <inheritdoc/>
    public void Dispose() => _library.Dispose();
}
