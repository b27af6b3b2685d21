using Scatterlist.Verbs.Interop;
using Scatterlist.Verbs.SoftRoce.Engine;

namespace Scatterlist.Verbs.SoftRoce.Transport;

internal sealed unsafe partial class Requester
{
    private const uint DirectSlice = 4 << 20; // the peer's deregistration waits no longer than this takes
    private const uint WorthWaiting = 8 << 10;

    private bool _wasOneSided; // the last request that went by packets

    /// <summary>
    /// Does a write, read or atomic in the peer's memory itself, where its owner has granted that. Only when everything
    /// before it is complete: then nobody can tell it from one that went by packets.
    /// </summary>
    private Step GoDirect(DirectAccess direct, ref SendSlot slot)
    {
        if (!_qp.HasBeenAnswered || slot.Length == 0 || (slot.IsAtomic && (slot.RemoteAddress & 7) != 0))
            return Step.Refused; // for an address that may not be, the owner has the right answer
        AccessFlags right = slot.IsRead ? AccessFlags.RemoteRead
            : slot.IsAtomic ? AccessFlags.RemoteAtomic : AccessFlags.RemoteWrite;
        uint done = slot.DoneDirectly;
        uint length = Math.Min(slot.Length - done, DirectSlice);
        byte* remote = direct.TryBegin(
            _qp.Attributes.DestinationQueuePairNumber, slot.RemoteKey, slot.RemoteAddress + done,
            done == 0 ? slot.Length : length, right);
        if (remote == null)
        {
            slot.DoneDirectly = 0; // taken back in between: all of it goes by packets, as if nothing had been done
            return Step.Refused;
        }

        bool isDone;
        try
        {
            if (_queue.Head != _next)
            {
                // Waiting for the answers under way costs one round trip and saves many, unless sends are in between,
                // or no answer was asked for.
                return _wasOneSided || (slot.Length >= WorthWaiting && _sinceAskedAck == 0) ? Step.Waits : Step.Refused;
            }

            isDone = slot.IsAtomic
                ? TryAtomic(slot, remote)
                : slot.IsRead ? TryCopyIn(remote, done, length) : TryCopyOut(slot, remote, done, length);
        }
        finally
        {
            direct.End();
        }

        if (!isDone)
        {
            return slot.IsAtomic && ((nuint)remote & 7) != 0
                ? Step.Refused
                : FailNext(CompletionStatus.LocalProtectionError);
        }

        slot.DoneDirectly = done + length;
        if (slot.DoneDirectly != slot.Length)
            return Step.Again;
        _started = ++_next;
        CompleteHead(CompletionStatus.Success);
        RaiseIfDrained();
        return Step.Sent;
    }

    private bool TryAtomic(in SendSlot slot, byte* remote)
    {
        if (((nuint)remote & 7) != 0)
            return false;
        ref ulong word = ref *(ulong*)remote;
        ulong original = slot.Opcode == WorkRequestOpcode.CompareAndSwap
            ? Interlocked.CompareExchange(ref word, slot.Swap, slot.CompareOrAdd)
            : Interlocked.Add(ref word, slot.CompareOrAdd) - slot.CompareOrAdd;
        return Elements().TryScatter(0, (byte*)&original, sizeof(ulong));
    }

    private bool TryCopyIn(byte* remote, uint offset, uint length) => Elements().TryScatter(offset, remote, length);

    private bool TryCopyOut(in SendSlot slot, byte* remote, uint offset, uint length)
    {
        if ((slot.Flags & SendFlags.Inline) != 0)
        {
            OrderedCopy.Copy(remote, _queue.InlineOf(_next) + offset, length);
            return true;
        }

        Span<Block> blocks = stackalloc Block[Objects.SoftLimits.MaxElements];
        int count = Elements().Gather(offset, length, blocks);
        for (int i = 0; i < count; i++)
        {
            OrderedCopy.Copy(remote, (byte*)blocks[i].Address, (uint)blocks[i].Length);
            remote += blocks[i].Length;
        }

        return count >= 0;
    }

    private LocalElements Elements() => new(_qp.Engine.Regions, _qp.Domain, _queue.ElementsOf(_next));
}
