using System.Runtime.CompilerServices;
using Scatterlist.Verbs.Interop;
using Scatterlist.Verbs.SoftRoce.Engine;
using Scatterlist.Verbs.SoftRoce.Wire;

namespace Scatterlist.Verbs.SoftRoce.Transport;

/// <remarks>
/// Small requests on the same host that nothing is before: what they do is a fraction of what the way through the queue
/// takes, and a program that waits for an answer waits for all of it.
/// </remarks>
internal sealed unsafe partial class Requester
{
    private const uint StraightBytes = 64 << 10;

    /// <summary>
    /// Does a write of one piece at once, where nothing is before it and its owner has granted it: as
    /// <see cref="GoDirect"/> would, but without a place in the queue, which would take longer than the write.
    /// </summary>
    /// <returns>False: it goes the usual way, where also its failure is found.</returns>
    internal bool TryGoStraight(in SendEntry entry, uint length)
    {
        if (entry.Opcode != (int)WorkRequestOpcode.RdmaWrite || entry.ListLength != 1 || length - 1 >= StraightBytes
            || _queue.Count != 0 || !_qp.HasBeenAnswered || _clock.IsWaitingForReceiver
            || _qp.Path?.Direct is not { } direct)
        {
            return false;
        }

        var flags = (SendFlags)entry.Flags;
        byte* from = SourceOf(entry, length);
        if (from == null)
            return false;
        byte* to = direct.TryBegin(
            _qp.Attributes.DestinationQueuePairNumber, entry.RemoteKey, entry.RemoteAddress, length,
            AccessFlags.RemoteWrite);
        if (to == null)
            return false;
        OrderedCopy.Copy(to, from, length);
        direct.End();
        if ((flags & SendFlags.Signaled) != 0 || _qp.SignalsAll)
        {
            _qp.SendCompletions.Push(
                new WorkCompletion(
                    entry.Id, CompletionStatus.Success, CompletionOpcode.RdmaWrite, _qp.Number, length),
                solicited: false);
        }

        return true;
    }

    /// <summary>Sends a message of one small piece at once; see <see cref="TryPublish"/>.</summary>
    /// <param name="id">What the completion carries.</param>
    /// <param name="flags">Its flags; inline data are named by key as well.</param>
    /// <param name="piece">Its bytes, not 0.</param>
    internal bool TrySendStraight(ulong id, SendFlags flags, in ScatterGatherEntry piece)
    {
        if ((flags & SendFlags.Inline) != 0 && piece.Length > (uint)_queue.MaxInline)
            return false;
        byte* from = _qp.Engine.Regions.TryLocal(
            piece.LocalKey, _qp.Domain, piece.Address, piece.Length, AccessFlags.None);
        if (from == null || !TryPublish(flags, from, piece.Length, out bool asks))
            return false;

        // From here on the peer has it, and nobody waits.
        ScatterGatherEntry element = piece;
        if ((flags & SendFlags.Inline) != 0)
            element.Address = (ulong)from;
        NoteSent(
            new SendEntry
            {
                Id = id,
                List = &element,
                ListLength = 1,
                Opcode = (int)WorkRequestOpcode.Send,
                Flags = (uint)flags,
            },
            piece.Length, asks);
        return true;
    }

    /// <inheritdoc cref="TrySendStraight(ulong, SendFlags, in ScatterGatherEntry)"/>
    /// <param name="entry">The request, found valid.</param>
    /// <param name="length">Its bytes.</param>
    internal bool TrySendStraight(in SendEntry entry, uint length)
    {
        if (entry.Opcode != (int)WorkRequestOpcode.Send || entry.ListLength != 1 || length - 1 >= _qp.SmallBytes)
            return false;
        byte* from = SourceOf(entry, length);
        if (from == null || !TryPublish((SendFlags)entry.Flags, from, length, out bool asks))
            return false;
        NoteSent(entry, length, asks);
        return true;
    }

    /// <summary>
    /// Shows the peer a message at once, where nothing waits before it on a path that loses nothing: as
    /// <see cref="Transmit"/> would, whose checks all hold beforehand here. Afterwards it is to be noted as sent.
    /// </summary>
    /// <returns>False: it goes the usual way, where also its failure is found.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryPublish(SendFlags flags, byte* from, uint length, out bool asks)
    {
        asks = (flags & SendFlags.Signaled) != 0 || _qp.SignalsAll || _sinceAskedAck + 1 >= AskEvery
            || Outstanding + 1 >= _window.Size;
        if (_next != _queue.Tail || _qp.Path is not { } path || _clock.IsWaitingForReceiver || _isStuck
            || _sendPsn != _maxPsn || Outstanding >= _window.Size
            || ((flags & SendFlags.Fence) != 0 && _incompleteReads != 0))
        {
            return false;
        }

        ref readonly AddressHandleAttributes vector = ref _qp.Vector;
        (ulong, uint) header = HeaderWriter.PackBase(
            Opcode.RcSendOnly, (int)(0 - length & 3), _qp.Attributes.DestinationQueuePairNumber, _sendPsn, asks,
            (flags & SendFlags.Solicited) != 0);
        return path.TrySendSmall(header, new Block((nint)from, length), vector.TrafficClass, vector.HopLimit);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void NoteSent(in SendEntry entry, uint length, bool asked)
    {
        ref SendSlot slot = ref _queue.Add(entry, length);
        slot.IsStarted = true;
        slot.FirstPsn = _sendPsn;
        slot.Packets = 1;
        _started = _next + 1;
        _wasOneSided = false;
        if (asked)
            Asked();
        else
            _sinceAskedAck++;
        Move(1, 1);
        Schedule();
    }

    /// <summary>The bytes of a request of one piece; null when its key does not cover them.</summary>
    private byte* SourceOf(in SendEntry entry, uint length)
    {
        ref readonly ScatterGatherEntry element = ref *entry.List;
        return ((SendFlags)entry.Flags & SendFlags.Inline) != 0
            ? (byte*)element.Address
            : _qp.Engine.Regions.TryLocal(element.LocalKey, _qp.Domain, element.Address, length, AccessFlags.None);
    }
}
