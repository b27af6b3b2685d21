using Scatterlist.Verbs.Contract.Tests.Media;
using Scatterlist.Verbs.Contract.Tests.Rigs;

namespace Scatterlist.Verbs.Contract.Tests.Peers;

/// <summary>The other side of a test: what it is asked to do, as methods.</summary>
internal sealed class Peer : IDisposable
{
    private readonly bool _isPooled;
    private readonly IPeerLink _link;

    private Peer(IPeerLink link, bool isPooled)
    {
        _link = link;
        _isPooled = isPooled;
    }

    /// <summary>Its process; 0 when it is this one.</summary>
    internal int ProcessId => _link.ProcessId;

    public void Dispose()
    {
        if (!_isPooled || !_link.IsAlive)
        {
            _link.Dispose();
            return;
        }

        try
        {
            Call(PeerVerb.Reset);
            PeerPool.Return(_link);
        }
        catch (InvalidOperationException)
        {
            _link.Dispose(); // it died under the test
        }
    }

    /// <summary>The other side of a test on <paramref name="medium"/>, with its device open.</summary>
    internal static Peer Open(Medium medium, MediumSpec spec)
    {
        bool another = medium.HasTwoProcesses();
        var peer = new Peer(another ? PeerPool.Take() : new InProcessLink(), another);
        try
        {
            peer.Call(PeerVerb.Open, spec.Write);
            return peer;
        }
        catch
        {
            peer.Dispose();
            throw;
        }
    }

    /// <summary>Ends its process without a word.</summary>
    internal void Kill() => _link.Kill();

    internal int CreateDomain() => Call(PeerVerb.CreateDomain, _ => { }, reply => reply.ReadInt32());

    /// <summary>Allocates and registers memory there.</summary>
    internal PeerRegion Register(nuint length, AccessFlags access = LinkOptions.EveryRemoteRight, int domain = 0) =>
        Call(
            PeerVerb.Register,
            writer =>
            {
                writer.Write(domain);
                writer.Write((ulong)length);
                writer.Write((int)access);
            },
            reply => new PeerRegion(this, reply.ReadInt32(), RemoteMemoryRegion.Parse(reply.ReadString())));

    internal PeerDeviceMemory AllocateDeviceMemory(nuint length) => Call(
        PeerVerb.AllocateDeviceMemory, writer => writer.Write((ulong)length),
        reply => new PeerDeviceMemory(this, reply.ReadInt32(), length));

    internal PeerSharedQueue CreateSharedReceiveQueue(int depth, int elements = 1) => Call(
        PeerVerb.CreateSharedReceiveQueue,
        writer =>
        {
            writer.Write(depth);
            writer.Write(elements);
        },
        reply => new PeerSharedQueue(this, reply.ReadInt32()));

    internal PeerQueuePair CreateQueuePair(LinkOptions options, int domain = 0) => Call(
        PeerVerb.CreateQueuePair,
        writer =>
        {
            writer.Write(domain);
            options.Write(writer);
        },
        reply => new PeerQueuePair(this, reply.ReadInt32(), QueuePairEndpoint.Parse(reply.ReadString())));

    /// <summary>The next asynchronous event there; null when none came in time.</summary>
    internal AsyncEventType? TakeEvent(int milliseconds = 10_000) => Call(
        PeerVerb.TakeEvent, writer => writer.Write(milliseconds),
        reply => reply.ReadInt32() is >= 0 and int type ? (AsyncEventType?)type : null);

    internal void Call(PeerVerb verb, Action<BinaryWriter>? write = null) =>
        Call(verb, write ?? (_ => { }), _ => true);

    internal T Call<T>(PeerVerb verb, Action<BinaryWriter> write, Func<BinaryReader, T> read)
    {
        using var request = new MemoryStream();
        using (var writer = new BinaryWriter(request, System.Text.Encoding.UTF8, leaveOpen: true))
        {
            writer.Write((byte)verb);
            write(writer);
        }

        using var reply = new MemoryStream(_link.Call(request.ToArray()), writable: false);
        using var reader = new BinaryReader(reply);
        if (reader.ReadByte() != 0)
            throw new PeerFailure((Errno)reader.ReadInt32(), reader.ReadString());
        T result = read(reader);
        return reply.Position == reply.Length
            ? result
            : throw new InvalidDataException($"The reply to {verb} goes on after its end.");
    }
}
