namespace Scatterlist.Compare.Harness;

/// <summary>What a row's figures are in.</summary>
internal enum Unit
{
    /// <summary>Time of one operation.</summary>
    Nanoseconds,

    /// <summary>Time of one operation.</summary>
    Microseconds,

    /// <summary>Time of one operation.</summary>
    Milliseconds,

    /// <summary>10^9 bytes moved in a second: the only unit of which more is better.</summary>
    GigabytesPerSecond,

    /// <summary>Managed bytes allocated by one operation.</summary>
    BytesPerOperation,
}
