namespace Scatterlist.Verbs.Contract.Tests.Peers;

/// <summary>A region of the other side.</summary>
/// <param name="Peer">The other side.</param>
/// <param name="Number">Its number there.</param>
/// <param name="Remote">How it is named from here.</param>
internal sealed record PeerRegion(Peer Peer, int Number, RemoteMemoryRegion Remote)
{
    internal void Fill(ulong seed, nuint offset, int length) => Peer.Call(
        PeerVerb.Fill,
        writer =>
        {
            writer.Write(Number);
            writer.Write(seed);
            writer.Write((ulong)offset);
            writer.Write(length);
        });

    internal byte[] Read(nuint offset, int length) => Peer.Call(
        PeerVerb.ReadMemory,
        writer =>
        {
            writer.Write(Number);
            writer.Write((ulong)offset);
            writer.Write(length);
        },
        reply => reply.ReadBytes(length));

    internal ulong ReadNumber(nuint offset) => BitConverter.ToUInt64(Read(offset, 8));

    internal void Write(nuint offset, byte[] bytes) => Peer.Call(
        PeerVerb.WriteMemory,
        writer =>
        {
            writer.Write(Number);
            writer.Write((ulong)offset);
            writer.Write(bytes.Length);
            writer.Write(bytes);
        });

    /// <summary>Starts a thread there that watches rounds of writes; see <see cref="Rigs.WriteWatch"/>.</summary>
    internal PeerTask StartWatch(int length, int rounds) => Peer.Call(
        PeerVerb.StartWatch,
        writer =>
        {
            writer.Write(Number);
            writer.Write(length);
            writer.Write(rounds);
        },
        reply => new PeerTask(Peer, reply.ReadInt32()));

    internal void AssertHolds(ulong seed, nuint offset, int length)
    {
        int place = Peer.Call(
            PeerVerb.FindDifference,
            writer =>
            {
                writer.Write(Number);
                writer.Write(seed);
                writer.Write((ulong)offset);
                writer.Write(length);
            },
            reply => reply.ReadInt32());
        if (place >= 0)
            Assert.Fail($"At the other side, byte {place} of {length} from {offset} on is not the pattern {seed}'s.");
    }

    internal void Dispose() => Peer.Call(PeerVerb.Dispose, writer => writer.Write(Number));
}
