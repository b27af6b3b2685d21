namespace Scatterlist.Vrtd.Emulator;

/// <summary>What an injected fault does to one request.</summary>
public enum FaultKind
{
    /// <summary>Answers late, by the rule's delay.</summary>
    Delay,

    /// <summary>Does not carry the request out and answers the rule's code, BUSY unless another is set.</summary>
    ReturnCode,

    /// <summary>Answers with another sequence number.</summary>
    WrongSequence,

    /// <summary>Leaves out the descriptor that the answer should carry.</summary>
    MissingDescriptor,

    /// <summary>Adds a descriptor that the answer should not carry.</summary>
    SurplusDescriptor,

    /// <summary>Cuts the answer's body by the rule's length, one byte at least; the header agrees with it.</summary>
    ShortBody,

    /// <summary>Sends a frame whose header does not agree with its length.</summary>
    BadFraming,

    /// <summary>Sends the first half of the answer and hangs up.</summary>
    DieMidReply,

    /// <summary>Carries the request out and hangs up without an answer.</summary>
    Disconnect,

    /// <summary>Carries the request out and never answers it; the connection goes on.</summary>
    DropReply,

    /// <summary>
    /// Hands out a descriptor to empty memory that ends at the rule's length, 0 unless set: reads meet the end of file
    /// there.
    /// </summary>
    TruncatedMemory,
}
