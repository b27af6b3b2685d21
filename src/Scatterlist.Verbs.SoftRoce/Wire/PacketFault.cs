namespace Scatterlist.Verbs.SoftRoce.Wire;

/// <summary>Why bytes are no packet. All of these are dropped without an answer.</summary>
internal enum PacketFault
{
    None,

    /// <summary>Shorter than its BTH, or than the headers that its opcode asks for.</summary>
    TooShort,

    /// <summary>A transport version other than 0.</summary>
    Version,

    /// <summary>An opcode that is not known.</summary>
    Opcode,

    /// <summary>More pad bytes than bytes, padding without payload, or a length that is no multiple of four.</summary>
    Padding,

    /// <summary>Bytes behind the headers of an opcode that carries none.</summary>
    UnexpectedPayload,
}
