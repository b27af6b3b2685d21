namespace Scatterlist.Tool.Doctor;

/// <summary>How a check of this machine came out.</summary>
internal enum CheckStatus
{
    /// <summary>There and usable.</summary>
    Ok,

    /// <summary>Usable within limits that some programs meet; the remedy lifts them.</summary>
    Limited,

    /// <summary>Not on this machine. No fault: the embedded software device stands in.</summary>
    Absent,

    /// <summary>Should work and does not.</summary>
    Broken,
}
