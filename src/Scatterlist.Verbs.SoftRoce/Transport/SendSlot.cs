namespace Scatterlist.Verbs.SoftRoce.Transport;

/// <summary>One posted work request of the send queue, and how far it has come.</summary>
internal struct SendSlot
{
    internal ulong Id;

    internal ulong RemoteAddress;

    /// <summary>What compare-and-swap compares with; what fetch-and-add adds.</summary>
    internal ulong CompareOrAdd;

    internal ulong Swap;

    /// <summary>The remote key; of datagrams the peer's Q_Key.</summary>
    internal uint RemoteKey;

    /// <summary>Of datagrams.</summary>
    internal uint RemoteQueuePair;

    /// <summary>In network order, or the key to invalidate in host order.</summary>
    internal uint Immediate;

    /// <summary>Bytes of the message.</summary>
    internal uint Length;

    internal int ElementCount;

    internal WorkRequestOpcode Opcode;

    internal SendFlags Flags;

    /// <summary>Whether it has its sequence numbers: from then on the members below are valid.</summary>
    internal bool IsStarted;

    internal uint FirstPsn;

    /// <summary>Sequence numbers that it takes; none for local operations.</summary>
    internal int Packets;

    /// <summary>Of reads: packets that one read request asks for.</summary>
    internal int Slice;

    /// <summary>Bytes that have been copied straight between the peer's memory and ours.</summary>
    internal uint DoneDirectly;

    internal readonly bool IsRead => Opcode == WorkRequestOpcode.RdmaRead;

    internal readonly bool IsAtomic => Opcode is WorkRequestOpcode.CompareAndSwap or WorkRequestOpcode.FetchAndAdd;

    /// <summary>Whether it reaches the peer's memory and takes nothing else of the peer.</summary>
    internal readonly bool IsOneSided => Opcode == WorkRequestOpcode.RdmaWrite || AwaitsData;

    /// <summary>Whether the peer's answer carries data, so that no other acknowledgement completes it.</summary>
    internal readonly bool AwaitsData => IsRead || IsAtomic;

    internal readonly bool IsWrite =>
        Opcode is WorkRequestOpcode.RdmaWrite or WorkRequestOpcode.RdmaWriteWithImmediate;

    internal readonly bool HasImmediate =>
        Opcode is WorkRequestOpcode.RdmaWriteWithImmediate or WorkRequestOpcode.SendWithImmediate;

    internal readonly CompletionOpcode CompletionOpcode => Opcode switch
    {
        WorkRequestOpcode.RdmaWrite or WorkRequestOpcode.RdmaWriteWithImmediate => CompletionOpcode.RdmaWrite,
        WorkRequestOpcode.RdmaRead => CompletionOpcode.RdmaRead,
        WorkRequestOpcode.CompareAndSwap => CompletionOpcode.CompareAndSwap,
        WorkRequestOpcode.FetchAndAdd => CompletionOpcode.FetchAndAdd,
        WorkRequestOpcode.LocalInvalidate => CompletionOpcode.LocalInvalidate,
        _ => CompletionOpcode.Send,
    };
}
