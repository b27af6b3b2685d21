namespace Scatterlist.Compare.Peers;

/// <summary>What a worker of verbs.c does; the numbers are its own.</summary>
internal enum VerbsPeerKind
{
    /// <summary>Two processes change two cache lines in turn.</summary>
    Lines = 0,

    /// <summary>Two sockets send 8 bytes in turn, and spin.</summary>
    Udp = 1,

    /// <summary>A stream of messages that the kernel cuts and merges (UDP_SEGMENT, UDP_GRO).</summary>
    Gso = 2,
}
