using Scatterlist.Verbs.Interop;
using Scatterlist.Verbs.SoftRoce.Engine;
using Scatterlist.Verbs.SoftRoce.Objects;
using Scatterlist.Verbs.SoftRoce.Wire;

namespace Scatterlist.Verbs.SoftRoce.Transport;

internal sealed unsafe partial class Responder
{
    private PacketPath? _knownPath; // a packet of the peer has come by it, since the peer has its address

    /// <summary>
    /// Whether a packet of the peer has come by the path before, so that it is of our address and the peer's. It may be
    /// another one than ours: two NICs that connect at the same moment have a channel each.
    /// </summary>
    internal bool Knows(PacketPath path) => path == _knownPath;

    /// <summary>The peer has another address, or we have: whose packets come by a path is to be looked at again.
    /// </summary>
    internal void ForgetPath() => _knownPath = null;

    /// <summary>
    /// Takes a whole message as <see cref="OnRequest"/> would, where nothing is in the way: it is the expected one, a
    /// receive of one element is there, and its memory covers the message. Whatever is otherwise goes the usual way.
    /// </summary>
    internal bool TryTakeSmall(in PlainSend send, PacketPath path, ReceiveRing receives)
    {
        uint length = (uint)send.PayloadLength;
        if (send.Sequence != ExpectedPsn || _message != Message.None || _hasReceive || _isGapKnown || !_hasHeard
            || (_answer != Nothing && !Syndrome.IsAck(_answer)) || !receives.TryPeekOne(out ulong id, out ScatterGatherEntry element)
            || element.Length < length)
        {
            return false;
        }

        if (length != 0)
        {
            byte* to = _qp.Engine.Regions.TryLocal(
                element.LocalKey, _qp.Domain, element.Address, element.Length, AccessFlags.LocalWrite);
            if (to == null)
                return false;
            OrderedCopy.Copy(to, send.Payload, length);
        }

        receives.RemoveOldest();
        _answerPath = path;
        ExpectedPsn = Psn.Next(ExpectedPsn);
        _messages = Psn.Next(_messages);
        AnswerOrOwe(send.AsksAcknowledge);
        _qp.ReceiveCompletions.Push(
            new WorkCompletion(id, CompletionStatus.Success, CompletionOpcode.Receive, _qp.Number, length),
            send.IsSolicited);
        return true;
    }
}
