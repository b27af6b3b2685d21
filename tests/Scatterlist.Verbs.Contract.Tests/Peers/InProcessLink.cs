namespace Scatterlist.Verbs.Contract.Tests.Peers;

/// <summary>The other side in this process, by the same messages.</summary>
internal sealed class InProcessLink : IPeerLink
{
    private readonly PeerServer _server = new();

    public int ProcessId => 0;

    public bool IsAlive => true;

    public byte[] Call(byte[] request)
    {
        lock (_server)
            return _server.Answer(request);
    }

    public void Kill() => throw new NotSupportedException("This process goes on.");

    public void Dispose() => _server.Dispose();
}
