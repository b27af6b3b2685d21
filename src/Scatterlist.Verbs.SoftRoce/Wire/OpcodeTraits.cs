namespace Scatterlist.Verbs.SoftRoce.Wire;

/// <summary>What an opcode says and which headers follow its BTH.</summary>
[Flags]
internal enum OpcodeTraits
{
    /// <summary>An opcode that is not known: its packets are dropped.</summary>
    None = 0,

    /// <summary>RETH: address, key, length.</summary>
    Reth = 1 << 0,

    /// <summary>AtomicETH: address, key, two operands.</summary>
    AtomicEth = 1 << 1,

    /// <summary>AETH: syndrome and message sequence number.</summary>
    Aeth = 1 << 2,

    /// <summary>AtomicAckETH: the original value.</summary>
    AtomicAckEth = 1 << 3,

    /// <summary>ImmDt: immediate data.</summary>
    Immediate = 1 << 4,

    /// <summary>IETH: a key to invalidate.</summary>
    Invalidate = 1 << 5,

    /// <summary>DETH: Q_Key and source queue pair.</summary>
    Deth = 1 << 6,

    /// <summary>The first packet of a message (FIRST and ONLY).</summary>
    Starts = 1 << 8,

    /// <summary>The last packet of a message (LAST and ONLY).</summary>
    Ends = 1 << 9,

    /// <summary>Part of a SEND, which needs a receive of the responder.</summary>
    Send = 1 << 10,

    /// <summary>Part of an RDMA WRITE.</summary>
    Write = 1 << 11,

    /// <summary>An RDMA READ request.</summary>
    ReadRequest = 1 << 12,

    /// <summary>Part of the response to a READ.</summary>
    ReadResponse = 1 << 13,

    /// <summary>An ACK or NAK.</summary>
    Acknowledge = 1 << 14,

    /// <summary>A compare-and-swap or fetch-and-add.</summary>
    Atomic = 1 << 15,

    /// <summary>The answer to an atomic.</summary>
    AtomicAcknowledge = 1 << 16,

    /// <summary>Bytes may follow the headers.</summary>
    Payload = 1 << 17,

    /// <summary>Goes to a requester: it answers a request. The others go to a responder.</summary>
    Response = 1 << 18,

    /// <summary>Reliable connection.</summary>
    Rc = 1 << 20,

    /// <summary>Unreliable connection.</summary>
    Uc = 1 << 21,

    /// <summary>Unreliable datagram.</summary>
    Ud = 1 << 22,

    /// <summary>A congestion notification.</summary>
    Congestion = 1 << 23,

    /// <summary>The only packet of its message.</summary>
    Only = Starts | Ends,

    /// <summary>The transport bits.</summary>
    TransportMask = Rc | Uc | Ud | Congestion,
}
