using Scatterlist.Verbs.Contract.Tests.Media;
using Scatterlist.Verbs.Contract.Tests.Rigs;

namespace Scatterlist.Verbs.Contract.Tests.Peers;

/// <summary>
/// The other side's hands: does what a message asks for with the public API, and answers. Things have numbers, from 1
/// on, in the order of their making. Takes one message at a time.
/// </summary>
internal sealed partial class PeerServer : IDisposable
{
    private readonly Dictionary<int, object> _things = [];
    private readonly CancellationTokenSource _end = new();
    private int _last;
    private Context? _context;
    private ProtectionDomain? _domain;

    private Context Context => _context ?? throw new InvalidOperationException("No device is open.");

    private ProtectionDomain Domain => _domain ?? throw new InvalidOperationException("No device is open.");

    public void Dispose()
    {
        Reset();
        _end.Dispose();
    }

    /// <summary>Does what <paramref name="request"/> asks for. Never throws.</summary>
    internal byte[] Answer(byte[] request)
    {
        using var stream = new MemoryStream();
        using var reply = new BinaryWriter(stream);
        try
        {
            using var body = new MemoryStream(request, writable: false);
            using var reader = new BinaryReader(body);
            reply.Write((byte)0);
            Do((PeerVerb)reader.ReadByte(), reader, reply);
            if (body.Position != body.Length)
                throw new InvalidDataException("The request goes on after its end.");
        }
        catch (Exception e)
        {
            reply.Flush();
            stream.SetLength(0);
            reply.Write((byte)1);
            reply.Write(e is VerbsException verbs ? (int)verbs.Errno : 0);
            reply.Write(e.ToString());
        }

        reply.Flush();
        return stream.ToArray();
    }

    private void Do(PeerVerb verb, BinaryReader request, BinaryWriter reply)
    {
        switch (verb)
        {
            case PeerVerb.Open:
                _context = DeviceOpener.Open(MediumSpec.Read(request));
                _domain = _context.AllocateDomain();
                break;
            case PeerVerb.Reset:
                Reset();
                break;
            case PeerVerb.Dispose:
                ((IDisposable)Take(request)).Dispose();
                break;
            case PeerVerb.CreateDomain:
                reply.Write(Keep(Context.AllocateDomain()));
                break;
            case PeerVerb.TakeEvent:
                reply.Write((int)(TakeEvent(request.ReadInt32()) ?? (AsyncEventType)(-1)));
                break;
            case <= PeerVerb.ReadDeviceMemory:
                DoMemory(verb, request, reply);
                break;
            case <= PeerVerb.QueryState:
                DoQueues(verb, request, reply);
                break;
            default:
                DoBackground(verb, request, reply);
                break;
        }
    }

    private int Keep(object thing)
    {
        _things.Add(++_last, thing);
        return _last;
    }

    private object Take(BinaryReader request)
    {
        int number = request.ReadInt32();
        return _things.TryGetValue(number, out object? thing)
            ? thing
            : throw new InvalidOperationException($"There is no thing {number}.");
    }

    private T Take<T>(BinaryReader request) => (T)Take(request);

    /// <summary>The domain that a request names: 0 for the first one.</summary>
    private ProtectionDomain TakeDomain(BinaryReader request)
    {
        int number = request.ReadInt32();
        return number == 0 ? Domain : (ProtectionDomain)_things[number];
    }

    private AsyncEventType? TakeEvent(int milliseconds)
    {
        using var deadline = new CancellationTokenSource(milliseconds);
        try
        {
            return Context.GetAsyncEventAsync(deadline.Token).AsTask().GetAwaiter().GetResult().Type;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private void Reset()
    {
        foreach (object thing in _things.Values.Reverse())
            (thing as IDisposable)?.Dispose();
        _things.Clear();
        _last = 0;
        _domain?.Dispose();
        _context?.Dispose();
        _domain = null;
        _context = null;
    }
}
