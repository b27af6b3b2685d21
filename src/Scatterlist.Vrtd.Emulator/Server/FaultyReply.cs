using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Emulator;

/// <summary>Spoils a finished reply as a fault rule says.</summary>
internal static class FaultyReply
{
    /// <summary>What becomes of the connection afterwards.</summary>
    internal enum Outcome
    {
        Send,
        SendAndHangUp,
        Drop,
        HangUp,
    }

    /// <summary>
    /// Changes the reply and gives the datagram to send. <paramref name="surplus"/> is a descriptor to send besides the
    /// reply's own; the caller disposes it.
    /// </summary>
    internal static Outcome Apply(
        FaultRule rule, Reply reply, uint sequence, out ReadOnlySpan<byte> datagram, out FileDescriptor? surplus)
    {
        surplus = null;
        switch (rule.Kind)
        {
            case FaultKind.WrongSequence:
                sequence = unchecked(sequence + 1);
                break;
            case FaultKind.MissingDescriptor:
                reply.DropDescriptor();
                break;
            case FaultKind.SurplusDescriptor:
                surplus = Memory("v80-surplus", 0);
                break;
            case FaultKind.ShortBody:
                int whole = reply.BodyLength;
                reply.BodyLength -= (int)Math.Min((ulong)whole, Math.Max(1, rule.Length));
                reply.Body[reply.BodyLength..whole].Clear(); // the next reply expects a clean body
                break;
            case FaultKind.TruncatedMemory when reply.Descriptor is not null:
                reply.DropDescriptor();
                reply.Descriptor = Memory("v80-truncated", rule.Length);
                break;
        }

        Span<byte> frame = reply.Frame(sequence);
        datagram = frame;
        switch (rule.Kind)
        {
            case FaultKind.BadFraming:
                FrameHeader.Reply(reply.Code, reply.BodyLength + 1, sequence).Write(frame);
                return Outcome.Send;
            case FaultKind.DieMidReply:
                reply.DropDescriptor();
                datagram = frame[..(frame.Length / 2)];
                return Outcome.SendAndHangUp;
            case FaultKind.Disconnect:
                return Outcome.HangUp;
            case FaultKind.DropReply:
                return Outcome.Drop;
            default:
                return Outcome.Send;
        }
    }

    // Not sealed, so that writing grows it: what a client wrote it can read, what nobody wrote is past the end.
    private static FileDescriptor Memory(string name, ulong length)
    {
        using MemoryFile memory = MemoryFile.Create(name, length, isSealed: false);
        return memory.OpenView(QdmaDirections.None);
    }
}
