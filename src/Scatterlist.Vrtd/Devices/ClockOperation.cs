namespace Scatterlist.Vrtd;

/// <summary>What a clock request does.</summary>
/// <remarks>Source: vrtd wire specification, section 2.</remarks>
public enum ClockOperation : byte
{
    /// <summary>
    /// Reads the achieved rate; a version 2 daemon may answer 0 for a clock that was never configured.
    /// </summary>
    Get = 0,

    /// <summary>Sets the rate that is nearest to the wanted one.</summary>
    Set = 1,

    /// <summary>Sets the highest rate that does not exceed the wanted one (version 2 only).</summary>
    SetRoundDown = 2,
}
