namespace Scatterlist.Verbs;

/// <summary>
/// Room for one message of the peer (ibv_post_recv(3)). The memory is the device's until the completion, which says how
/// many bytes came.
/// </summary>
public readonly ref struct ReceiveWorkRequest
{
    internal readonly PartList Parts;

    /// <summary>Room for no bytes: for immediate data alone.</summary>
    public ReceiveWorkRequest()
    {
    }

    /// <summary>Room in one piece.</summary>
    public ReceiveWorkRequest(ScatterElement element) => Parts.Hold(element);

    /// <summary>Room in several pieces, which are filled in their order.</summary>
    public ReceiveWorkRequest(ReadOnlySpan<ScatterElement> elements) => Parts = new PartList(elements);

    /// <summary>Room for immediate data alone.</summary>
    public static ReceiveWorkRequest OnlyImmediate() => new();
}
