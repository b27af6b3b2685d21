using System.Runtime.InteropServices;
using Scatterlist.HostFd;

namespace Scatterlist.Verbs.SoftRoce.Engine.SameHost;

internal sealed unsafe partial class SameHostPath
{
    /// <summary>Tells the peer something. False when its socket is full or it is gone.</summary>
    internal bool TrySend(in ControlMessage message, ReadOnlySpan<int> descriptors = default)
    {
        if (IsHungUp)
            return false;
        IoResult sent = _socket.SendMsg(
            MemoryMarshal.AsBytes(new ReadOnlySpan<ControlMessage>(in message)), descriptors, MessageFlags.DontWait);
        if (sent.IsSuccess)
            Volatile.Write(ref *_memory.OwnNotices, ++_noticesSent);
        else if (sent.Errno is Errno.EPIPE or Errno.ECONNRESET)
            _hungUp = true;
        return sent.IsSuccess;
    }

    /// <summary>Whether the peer can still be talked to, asked of the kernel.</summary>
    internal bool IsPeerThere()
    {
        if (!IsHungUp)
            SendWake();
        return !IsHungUp;
    }

    /// <summary>Reads what the peer has told.</summary>
    internal void ProcessControl(ReceivedDescriptors descriptors)
    {
        if (IsHungUp)
            return;
        _noticesSeen = Volatile.Read(ref *_memory.PeerNotices);
        var message = default(ControlMessage);
        Span<byte> bytes = MemoryMarshal.AsBytes(new Span<ControlMessage>(ref message));
        for (int i = 0; i < MaxMessagesAtOnce && !_dead; i++)
        {
            ReceiveResult received = _socket.RecvMsg(bytes, descriptors, MessageFlags.DontWait);
            if (received.Errno == Errno.EAGAIN)
                break;
            if (!received.IsSuccess || received.IsEndOfFile)
            {
                _hungUp = true;
                break;
            }

            if (received.Bytes == 1)
                continue; // the wake-up has done its work by waking
            bool isWhole = !received.IsTruncated && received.Bytes == (ulong)bytes.Length;
            bool isRight = isWhole && (received.IsControlTruncated
                ? TryHandleWithoutDescriptors(in message)
                : TryHandle(in message, descriptors));
            if (!isRight)
                Break();
        }

        descriptors.Clear();
        _lender.SendRetirements();
    }

    /// <summary>The peer's grant table, which comes with its hello or its welcome.</summary>
    internal bool TryAdoptTable(FileDescriptor table)
    {
        if (_borrower is not null)
            return false;
        _borrower = GrantBorrower.TryAdopt(this, table, _memory.OwnHazard);
        return _borrower is not null;
    }

    /// <summary>Whether the other end has taken this channel, and so may have read what is in it.</summary>
    internal bool WasMet { get; set; }

    /// <summary>Looks for the welcome of a peer that is gone, which may not have been read yet.</summary>
    internal void LearnWhetherMet(ReceivedDescriptors descriptors)
    {
        var message = default(ControlMessage);
        Span<byte> bytes = MemoryMarshal.AsBytes(new Span<ControlMessage>(ref message));
        bool wasReset = false;
        while (!WasMet)
        {
            ReceiveResult received = _socket.RecvMsg(bytes, descriptors, MessageFlags.DontWait);
            if (received.Errno == Errno.ECONNRESET && !wasReset)
            {
                wasReset = true; // said once, before what waits
                continue;
            }

            if (!received.IsSuccess || received.IsEndOfFile)
                break;
            WasMet = true; // whatever it says: nobody says anything before
        }

        descriptors.Clear();
    }

    /// <summary>
    /// A message whose descriptors could not be received: this process has too many open. Its packets go through the
    /// ring all the same, and what the grants would have done goes by packets too.
    /// </summary>
    private bool TryHandleWithoutDescriptors(in ControlMessage message)
    {
        switch (message.Kind)
        {
            case ControlKind.Welcome when _borrower is null && !_goesWithoutGrants:
                WasMet = true;
                _goesWithoutGrants = true;
                return _service.IsSameHost(in message);
            case ControlKind.Memory:
                return _goesWithoutGrants || (_borrower?.TrySkipMemory(message.Memory) ?? false);
            default:
                return false; // the others bring none
        }
    }

    private bool TryHandle(in ControlMessage message, ReceivedDescriptors descriptors)
    {
        switch (message.Kind)
        {
            case ControlKind.Welcome:
                WasMet = true;
                if (descriptors.Count != 1 || !_service.IsSameHost(in message))
                    return false;
                using (FileDescriptor table = descriptors.Take(0))
                    return TryAdoptTable(table);
            case ControlKind.Memory when _borrower is not null && descriptors.Count == 1:
                using (FileDescriptor memory = descriptors.Take(0))
                    return _borrower.TryAddMemory(message.Memory, memory);
            case ControlKind.Grant when _borrower is not null:
                return _borrower.TryAddGrant(in message);
            case ControlKind.Retire when _borrower is not null:
                return _borrower.TryRetire(message.Memory);
            case ControlKind.Memory or ControlKind.Grant or ControlKind.Retire when _goesWithoutGrants:
                descriptors.Clear();
                return true;
            default:
                return false;
        }
    }
}
