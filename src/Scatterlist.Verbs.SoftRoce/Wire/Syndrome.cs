namespace Scatterlist.Verbs.SoftRoce.Wire;

/// <summary>The first byte of an AETH: what kind of answer it is.</summary>
internal static class Syndrome
{
    /// <summary>An ACK that says nothing of credits.</summary>
    internal const byte Ack = 0x1f;

    internal const byte NakPsnSequence = 0x60;
    internal const byte NakInvalidRequest = 0x61;
    internal const byte NakRemoteAccess = 0x62;
    internal const byte NakRemoteOperation = 0x63;
    internal const byte NakInvalidReadDomain = 0x64;

    private const byte KindMask = 0x60;
    private const byte RnrKind = 0x20;

    /// <summary>The receiver was not ready; come again after the time of a code (0..31).</summary>
    internal static byte RnrNak(byte timerCode) => (byte)(RnrKind | (timerCode & 0x1f));

    internal static bool IsAck(byte syndrome) => (syndrome & KindMask) == 0;

    internal static bool IsRnrNak(byte syndrome) => (syndrome & KindMask) == RnrKind;

    internal static bool IsNak(byte syndrome) => (syndrome & KindMask) == 0x60;

    /// <summary>The timer code of an RNR NAK, or the credit code of an ACK.</summary>
    internal static byte ValueOf(byte syndrome) => (byte)(syndrome & 0x1f);
}
