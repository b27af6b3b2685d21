namespace Scatterlist.Verbs.SoftRoce.Transport;

/// <summary>A read or atomic that the responder took, kept so that a lost answer can be given again.</summary>
internal struct ReplayResource
{
    internal bool IsUsed;
    internal bool IsAtomic;

    /// <summary>Whether it stands in the row of answers to be sent.</summary>
    internal bool IsQueued;

    /// <summary>Whether its answer is one that was asked for again.</summary>
    internal bool IsAgain;

    internal uint FirstPsn;

    /// <summary>Sequence numbers that the answer takes.</summary>
    internal int Packets;

    /// <summary>Payload of a full packet of the answer.</summary>
    internal int Unit;

    internal ulong Address;
    internal uint Key;
    internal uint Length;

    /// <summary>Of atomics: the value before, and so the answer for ever.</summary>
    internal ulong Original;

    /// <summary>The next packet of the answer, the first one of this run, and the one behind the last.</summary>
    internal int Next;
    internal int Begin;
    internal int End;
}
