namespace Scatterlist.HostFd.Tests.IO;

internal static class Bytes
{
    /// <summary>Bytes that tell where they came from: no short period, the same in every run.</summary>
    internal static byte[] Pattern(int length, int seed = 1)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
