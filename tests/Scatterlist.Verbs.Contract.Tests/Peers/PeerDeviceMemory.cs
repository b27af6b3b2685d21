namespace Scatterlist.Verbs.Contract.Tests.Peers;

/// <summary>Device memory of the other side.</summary>
internal sealed record PeerDeviceMemory(Peer Peer, int Number, nuint Length)
{
    internal PeerRegion Register(AccessFlags access) => Register(0, Length, access);

    internal PeerRegion Register(nuint offset, nuint length, AccessFlags access) => Peer.Call(
        PeerVerb.RegisterDeviceMemory,
        writer =>
        {
            writer.Write(Number);
            writer.Write((ulong)offset);
            writer.Write((ulong)length);
            writer.Write((int)access);
        },
        reply => new PeerRegion(Peer, reply.ReadInt32(), RemoteMemoryRegion.Parse(reply.ReadString())));

    internal Errno Write(nuint offset, byte[] bytes) => Peer.Call(
        PeerVerb.WriteDeviceMemory,
        writer =>
        {
            writer.Write(Number);
            writer.Write((ulong)offset);
            writer.Write(bytes.Length);
            writer.Write(bytes);
        },
        reply => (Errno)reply.ReadInt32());

    internal byte[] Read(nuint offset, int length) => Peer.Call(
        PeerVerb.ReadDeviceMemory,
        writer =>
        {
            writer.Write(Number);
            writer.Write((ulong)offset);
            writer.Write(length);
        },
        reply =>
        {
            Assert.Equal(Errno.None, (Errno)reply.ReadInt32());
            return reply.ReadBytes(length);
        });

    internal void Dispose() => Peer.Call(PeerVerb.Dispose, writer => writer.Write(Number));
}
