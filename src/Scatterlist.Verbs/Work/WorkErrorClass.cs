namespace Scatterlist.Verbs;

/// <summary>What kind of trouble a completion status tells of.</summary>
public enum WorkErrorClass
{
    /// <summary>No trouble: the work succeeded.</summary>
    None,

    /// <summary>This program made a mistake: lengths, keys, states.</summary>
    LocalProgrammingError,

    /// <summary>This end lacked something that it needed.</summary>
    LocalResourceError,

    /// <summary>The peer refused: rights, keys, ranges, or its own mistakes.</summary>
    RemoteError,

    /// <summary>The packets between both ends did not fit together.</summary>
    TransportError,

    /// <summary>The peer did not answer, or was not ready, for too long.</summary>
    Timeout,

    /// <summary>The work was dropped after an earlier failure, which is the one to look at.</summary>
    Flushed,

    /// <summary>The device itself failed.</summary>
    Fatal,

    /// <summary>A status that is not known here.</summary>
    Unknown,
}
