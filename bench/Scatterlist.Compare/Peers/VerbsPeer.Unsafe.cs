namespace Scatterlist.Compare.Peers;

/// <summary>The functions of verbs.c.</summary>
internal sealed unsafe class VerbsPeer : IDisposable
{
    private readonly PeerLibrary _library = PeerLibrary.Compile("verbs.c");
    private readonly delegate* unmanaged<int, nint> _start;
    private readonly delegate* unmanaged<nint, long, long> _run;
    private readonly delegate* unmanaged<nint, void> _stop;
    private readonly delegate* unmanaged<nint, nint, nuint, long, long> _copy;
    private readonly delegate* unmanaged<nint, nuint, int, uint> _crc;
    private readonly Dictionary<VerbsPeerKind, nint> _workers = [];

    public VerbsPeer()
    {
        _start = (delegate* unmanaged<int, nint>)_library["peer_start"];
        _run = (delegate* unmanaged<nint, long, long>)_library["peer_run"];
        _stop = (delegate* unmanaged<nint, void>)_library["peer_stop"];
        _copy = (delegate* unmanaged<nint, nint, nuint, long, long>)_library["peer_copy"];
        _crc = (delegate* unmanaged<nint, nuint, int, uint>)_library["peer_crc"];
    }

    /// <summary>So many round trips, or MiB of the stream, with a second process.</summary>
    /// <returns>Seconds.</returns>
    public double Run(VerbsPeerKind kind, long count)
    {
        if (!_workers.TryGetValue(kind, out nint worker))
        {
            worker = _start((int)kind);
            if (worker == 0)
                throw new CannotMeasureException($"The C worker {kind} does not start.");
            _workers.Add(kind, worker);
        }

        long nanoseconds = _run(worker, count);
        return nanoseconds >= 0
            ? nanoseconds / 1e9
            : throw new CannotMeasureException($"The C worker {kind} failed: {((Errno)(-nanoseconds)).Name()}.");
    }

    /// <summary>memcpy.</summary>
    /// <returns>Seconds.</returns>
    public double Copy(Block to, Block from, long count) => _copy(to.Address, from.Address, to.Length, count) / 1e9;

    /// <summary>The CRC by eight tables.</summary>
    public uint Crc(Block data, int count) => _crc(data.Address, data.Length, count);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (nint worker in _workers.Values)
            _stop(worker);
        _library.Dispose();
    }
}
