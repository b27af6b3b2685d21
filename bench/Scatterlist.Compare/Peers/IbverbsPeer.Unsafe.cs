using Scatterlist.Verbs;
using Scatterlist.Verbs.Interop;
using Scatterlist.Verbs.Providers.LibIbverbs;

namespace Scatterlist.Compare.Peers;

/// <summary>The functions of ibverbs.c: a device of libibverbs for our provider, and the C program over it.</summary>
internal sealed unsafe class IbverbsPeer : IDisposable
{
    private const string Header = "/usr/include/infiniband/verbs.h";

    private readonly PeerLibrary _library = PeerLibrary.Compile("ibverbs.c");
    private readonly delegate* unmanaged<nint, nint, nint, uint, ulong, uint, nint, int> _write;
    private readonly nint _context;
    private readonly nint _domain;
    private readonly nint _queue;
    private readonly nint _pair;

    public IbverbsPeer()
    {
        _write = (delegate* unmanaged<nint, nint, nint, uint, ulong, uint, nint, int>)_library["peer_write"];
        _context = ((delegate* unmanaged<nint>)_library["peer_open"])();
        IbvLibrary own = Library();
        _domain = own.AllocPd(_context);
        _queue = own.CreateCq(_context, 1, 0, 0, 0);
        var init = new IbvQpInitAttr { SendCq = _queue, RecvCq = _queue };
        _pair = own.CreateQp(_domain, &init);
    }

    /// <summary>What this machine lacks to compile it; null: nothing.</summary>
    public static string? Missing => File.Exists(Header)
        ? null
        : "libibverbs' headers are not installed: apt-get install libibverbs-dev";

    /// <summary>The same device, opened by our provider. The context owns a device of its own, with the same
    /// functions.</summary>
    public Context Open()
    {
        nint context = ((delegate* unmanaged<nint>)_library["peer_open"])();
        return new Context(new LibIbverbsContext(Library(), context, "memory0"), "memory0", VerbsProviders.LibIbverbs);
    }

    /// <summary>So many writes of 64 bytes, each with its completion, by C.</summary>
    public void Write(nint bytes, int count) =>
        PeerLibrary.Check(-_write(_pair, _queue, bytes, 1, 0x1000, 2, count), "peer_write");

    /// <inheritdoc/>
    public void Dispose()
    {
        IbvLibrary own = Library();
        own.DestroyQp(_pair);
        own.DestroyCq(_queue);
        own.DeallocPd(_domain);
        own.CloseDevice(_context);
        _library.Dispose();
    }

    private IbvLibrary Library()
    {
        nint drop = _library["peer_drop"];
        return new IbvLibrary
        {
            CloseDevice = (delegate* unmanaged<nint, int>)_library["peer_close"],
            QueryPort = (delegate* unmanaged<nint, byte, IbvPortAttr*, int>)_library["peer_query_port"],
            QueryGidTable =
                (delegate* unmanaged<nint, IbvGidEntry*, nuint, uint, nuint, nint>)_library["peer_query_gids"],
            AllocPd = (delegate* unmanaged<nint, nint>)_library["peer_domain"],
            DeallocPd = (delegate* unmanaged<nint, int>)drop,
            RegMrIova2 = (delegate* unmanaged<nint, nint, nuint, ulong, uint, nint>)_library["peer_region"],
            DeregMr = (delegate* unmanaged<nint, int>)drop,
            CreateCompChannel = (delegate* unmanaged<nint, nint>)_library["peer_channel"],
            DestroyCompChannel = (delegate* unmanaged<nint, int>)drop,
            CreateCq = (delegate* unmanaged<nint, int, nint, nint, int, nint>)_library["peer_queue"],
            DestroyCq = (delegate* unmanaged<nint, int>)drop,
            CreateQp = (delegate* unmanaged<nint, IbvQpInitAttr*, nint>)_library["peer_pair"],
            ModifyQp = (delegate* unmanaged<nint, IbvQpAttr*, int, int>)_library["peer_modify"],
            QueryQp = (delegate* unmanaged<nint, IbvQpAttr*, int, IbvQpInitAttr*, int>)_library["peer_query"],
            DestroyQp = (delegate* unmanaged<nint, int>)drop,
        };
    }
}
