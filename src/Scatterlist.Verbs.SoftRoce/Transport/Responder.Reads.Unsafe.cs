using System.Numerics;
using Scatterlist.Verbs.SoftRoce.Engine;
using Scatterlist.Verbs.SoftRoce.Objects;
using Scatterlist.Verbs.SoftRoce.Wire;

namespace Scatterlist.Verbs.SoftRoce.Transport;

internal sealed unsafe partial class Responder
{
    private ReplayResource[] _resources = [];
    private int[] _row = []; // the resources whose answers are to be sent, in order
    private int _granted; // outstanding at a time; fewer than the resources after a modify
    private int _newest; // the place of the next resource
    private int _rowHead;
    private int _rowCount;

    /// <summary>
    /// How many reads and atomics the peer may have outstanding from now on. What was taken before keeps its place: it is
    /// still answered, and once more where the answer gets lost, also when the peer may have fewer now, or none.
    /// </summary>
    /// <remarks>
    /// To be up to a power of two more generous than the owner was is what Linux' rxe needs of its peers: as a requester
    /// it rounds its depth up likewise, and past the peer's it would be refused.
    /// </remarks>
    internal void SetResources(int count)
    {
        count = (int)BitOperations.RoundUpToPowerOf2((uint)count);
        _granted = count;
        int held = _resources.Length;
        if (count <= held)
            return;
        var resources = new ReplayResource[count];
        var row = new int[count];
        for (int i = 0; i < held; i++)
            resources[i] = _resources[(_newest + i) % held]; // the oldest first
        for (int i = 0; i < _rowCount; i++)
            row[i] = (_row[(_rowHead + i) % held] - _newest + held) % held;
        (_resources, _row) = (resources, row);
        (_newest, _rowHead) = (held, 0);
    }

    private byte AcceptRead(in PacketReader packet, int unit)
    {
        if ((_qp.Attributes.AccessFlags & AccessFlags.RemoteRead) == 0 || _granted == 0)
            return Syndrome.NakInvalidRequest;
        uint length = packet.RemoteLength;
        if (length > SoftLimits.MaxMessageSize)
            return Syndrome.NakInvalidRequest;
        if (length != 0 && _qp.Engine.Regions.TryRemote(
            packet.RemoteKey, _qp.Domain, packet.RemoteAddress, length, AccessFlags.RemoteRead) == null)
        {
            return Syndrome.NakRemoteAccess;
        }

        if (!TryTakeResource(out int index))
            return Syndrome.NakInvalidRequest;
        int packets = (int)Psn.CountPackets(length, unit);
        _resources[index] = new ReplayResource
        {
            IsUsed = true,
            FirstPsn = ExpectedPsn,
            Packets = packets,
            Unit = unit,
            Address = packet.RemoteAddress,
            Key = packet.RemoteKey,
            Length = length,
            End = packets,
        };
        Queue(index);
        Accepted(packets);
        if (length != 0)
            Offer(packet.RemoteKey);
        return Syndrome.Ack;
    }

    private byte ExecuteAtomic(in PacketReader packet)
    {
        if ((_qp.Attributes.AccessFlags & AccessFlags.RemoteAtomic) == 0 || _granted == 0)
            return Syndrome.NakInvalidRequest;
        if ((packet.RemoteAddress & 7) != 0)
            return Syndrome.NakInvalidRequest;
        byte* target = _qp.Engine.Regions.TryRemote(
            packet.RemoteKey, _qp.Domain, packet.RemoteAddress, sizeof(ulong), AccessFlags.RemoteAtomic);
        if (target == null)
            return Syndrome.NakRemoteAccess;
        if (((nuint)target & 7) != 0)
            return Syndrome.NakInvalidRequest; // a zero-based region that starts between words
        if (!TryTakeResource(out int index))
            return Syndrome.NakInvalidRequest;

        // Interlocked: programs and peers of the same host work on this word too.
        ref ulong word = ref *(ulong*)target;
        ulong original = packet.Opcode == Opcode.RcCompareSwap
            ? Interlocked.CompareExchange(ref word, packet.SwapOrAdd, packet.Compare)
            : Interlocked.Add(ref word, packet.SwapOrAdd) - packet.SwapOrAdd;
        _resources[index] = new ReplayResource
        {
            IsUsed = true,
            IsAtomic = true,
            FirstPsn = ExpectedPsn,
            Packets = 1,
            Original = original,
            End = 1,
        };
        Queue(index);
        Accepted(1);
        Offer(packet.RemoteKey);
        return Syndrome.Ack;
    }

    private void Accepted(int packets)
    {
        ExpectedPsn = Psn.Add(ExpectedPsn, packets);
        Advanced();
        _messages = Psn.Next(_messages);
        _answer = Nothing; // the data acknowledges all before it
        _qp.MarkPending();
    }

    /// <summary>
    /// The place of the oldest resource. False when its answer has not even been sent: the peer has more outstanding
    /// than it was granted.
    /// </summary>
    private bool TryTakeResource(out int index)
    {
        index = _newest;
        if (_granted < _resources.Length && CountUnanswered() >= _granted)
            return false;
        ref ReplayResource oldest = ref _resources[index];
        if (oldest.IsQueued)
        {
            if (!oldest.IsAgain)
                return false;
            RemoveFromRow(index); // the peer went on: it has the first answer
        }

        _newest = (_newest + 1) % _resources.Length;
        return true;
    }

    private int CountUnanswered()
    {
        int count = 0;
        for (int i = 0; i < _rowCount; i++)
            count += _resources[_row[(_rowHead + i) % _row.Length]].IsAgain ? 0 : 1;
        return count;
    }

    /// <summary>A request that was taken already: its answer, or the latest acknowledgement, got lost.</summary>
    private void OnDuplicate(in PacketReader packet)
    {
        if (!packet.Has(OpcodeTraits.ReadRequest) && !packet.Has(OpcodeTraits.Atomic))
        {
            Answer(Syndrome.Ack);
            return;
        }

        bool isAtomic = packet.Has(OpcodeTraits.Atomic);
        for (int i = 0; i < _resources.Length; i++)
        {
            ref ReplayResource resource = ref _resources[i];
            if (!resource.IsUsed || resource.IsAtomic != isAtomic)
                continue;
            int begin = Psn.Distance(packet.Sequence, resource.FirstPsn);
            if (begin < 0 || begin >= resource.Packets)
                continue;
            if (isAtomic)
            {
                Again(i, 0, 1);
                return;
            }

            uint skipped = (uint)begin * (uint)resource.Unit;
            uint length = packet.RemoteLength;
            if (packet.RemoteKey == resource.Key && packet.RemoteAddress == resource.Address + skipped
                && length <= resource.Length - skipped)
            {
                Again(i, begin, begin + (int)Psn.CountPackets(length, resource.Unit));
            }

            return;
        }
    }

    private void Again(int index, int begin, int end)
    {
        ref ReplayResource resource = ref _resources[index];
        resource.Begin = resource.Next = begin;
        resource.End = end;
        if (!resource.IsQueued)
        {
            resource.IsAgain = true;
            Queue(index);
        }

        _qp.MarkPending();
    }

    private void Queue(int index)
    {
        _resources[index].IsQueued = true;
        _row[(_rowHead + _rowCount) % _row.Length] = index;
        _rowCount++;
    }

    private void RemoveFromRow(int index)
    {
        int kept = 0;
        for (int i = 0; i < _rowCount; i++)
        {
            int other = _row[(_rowHead + i) % _row.Length];
            if (other != index)
                _row[(_rowHead + kept++) % _row.Length] = other;
        }

        _rowCount = kept;
        _resources[index].IsQueued = false;
    }

    /// <summary>Forgets all reads and atomics, those too whose answers are still to be sent.</summary>
    internal void DropReads()
    {
        Array.Clear(_resources);
        _newest = _rowHead = _rowCount = 0;
    }
}
