namespace Scatterlist.Vrtd.Tests;

/// <summary>Bytes that tell where they are from.</summary>
internal static class Pattern
{
    public static byte[] Make(int length, int seed = 1)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
