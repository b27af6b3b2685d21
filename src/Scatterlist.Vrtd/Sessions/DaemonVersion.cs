namespace Scatterlist.Vrtd;

/// <summary>
/// What a session has learned about its daemon's wire. There is no version message: the length of the device
/// information tells version 2, and the first grown request tells the others.
/// </summary>
/// <remarks>Source: vrtd wire specification, sections 13 and 14.</remarks>
public enum DaemonVersion
{
    /// <summary>Nothing was learned yet.</summary>
    Unknown = 0,

    /// <summary>Version 1 or an intermediate snapshot: the first buffer or queue pair will tell.</summary>
    BelowVersion2,

    /// <summary>Version 1.</summary>
    Version1,

    /// <summary>A snapshot between the two.</summary>
    Intermediate,

    /// <summary>Version 2.</summary>
    Version2,
}
