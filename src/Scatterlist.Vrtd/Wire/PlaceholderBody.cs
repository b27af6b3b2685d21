namespace Scatterlist.Vrtd.Wire;

/// <summary>
/// The single zero byte that stands for "no fields": the request of GET_NUM_DEVICES and the reply of every operation
/// that returns nothing.
/// </summary>
internal static class PlaceholderBody
{
    public const int Size = 1;

    public static int Write(Span<byte> body)
    {
        body[0] = 0;
        return Size;
    }
}
