namespace Scatterlist.Vrtd.Emulator.Tests;

/// <summary>Bytes that look random and are the same in every run.</summary>
internal static class Bytes
{
    internal static byte[] Pattern(int seed, int count)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
