namespace Scatterlist.Verbs.SoftRoce.Wire;

/// <summary>The first byte of a BTH: transport in bits 7:5, operation in bits 4:0 (IBTA table of OpCode values).</summary>
internal enum Opcode : byte
{
    RcSendFirst = 0x00,
    RcSendMiddle = 0x01,
    RcSendLast = 0x02,
    RcSendLastImmediate = 0x03,
    RcSendOnly = 0x04,
    RcSendOnlyImmediate = 0x05,
    RcWriteFirst = 0x06,
    RcWriteMiddle = 0x07,
    RcWriteLast = 0x08,
    RcWriteLastImmediate = 0x09,
    RcWriteOnly = 0x0a,
    RcWriteOnlyImmediate = 0x0b,
    RcReadRequest = 0x0c,
    RcReadResponseFirst = 0x0d,
    RcReadResponseMiddle = 0x0e,
    RcReadResponseLast = 0x0f,
    RcReadResponseOnly = 0x10,
    RcAcknowledge = 0x11,
    RcAtomicAcknowledge = 0x12,
    RcCompareSwap = 0x13,
    RcFetchAdd = 0x14,
    RcSendLastInvalidate = 0x16,
    RcSendOnlyInvalidate = 0x17,

    UcSendFirst = 0x20,
    UcSendMiddle = 0x21,
    UcSendLast = 0x22,
    UcSendLastImmediate = 0x23,
    UcSendOnly = 0x24,
    UcSendOnlyImmediate = 0x25,
    UcWriteFirst = 0x26,
    UcWriteMiddle = 0x27,
    UcWriteLast = 0x28,
    UcWriteLastImmediate = 0x29,
    UcWriteOnly = 0x2a,
    UcWriteOnlyImmediate = 0x2b,

    UdSendOnly = 0x64,
    UdSendOnlyImmediate = 0x65,

    /// <summary>A congestion notification (RoCEv2 annex): no transport of its own.</summary>
    CongestionNotification = 0x81,
}
