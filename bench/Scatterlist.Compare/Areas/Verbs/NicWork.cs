namespace Scatterlist.Compare.Areas.Verbs;

/// <summary>What a pair of NICs does in a turn.</summary>
internal enum NicWork
{
    /// <summary>8 byte writes there and back.</summary>
    BounceWrites,

    /// <summary>Messages there and back.</summary>
    BounceSends,

    /// <summary>Writes one way.</summary>
    StreamWrites,

    /// <summary>Messages one way.</summary>
    StreamSends,
}
