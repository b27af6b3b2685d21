namespace Scatterlist.HostFd.Tests.IO;

/// <summary>Native memory that is cut into blocks of given lengths, with a gap between them or without.</summary>
internal sealed class Arena : IDisposable
{
    private readonly HostBuffer _buffer;

    internal Arena(IReadOnlyList<int> lengths, int gap = 0)
    {
        Blocks = new Block[lengths.Count];
        long total = lengths.Sum(length => (long)length + gap);
        _buffer = HostBuffer.Allocate((nuint)long.Max(total, 1));
        nuint at = 0;
        for (int i = 0; i < lengths.Count; i++)
        {
            Blocks[i] = new Block((nint)((nuint)_buffer.Address + at), (nuint)lengths[i]);
            at += (nuint)(lengths[i] + gap);
        }
    }

    internal Block[] Blocks { get; }

    internal BlockSequence Sequence => new(Blocks);

    internal static Arena Uniform(int count, int length, int gap = 0) =>
        new(Enumerable.Repeat(length, count).ToArray(), gap);

    internal byte[] ToArray() => ToArray(Sequence);

    internal static byte[] ToArray(BlockSequence sequence)
    {
        var bytes = new byte[sequence.Length];
        sequence.CopyTo(bytes);
        return bytes;
    }

    internal void Fill(ReadOnlySpan<byte> bytes) => Sequence.CopyFrom(bytes);

    public void Dispose() => _buffer.Dispose();
}
