using System.Diagnostics;
using Scatterlist.HostFd;
using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Client;

internal sealed partial class Connection
{
    // Past this many replies that nobody waits for, the daemon is taken for dead.
    private const int MaxAbandoned = 64;

    // Some slack, so that a message that is too long is seen as such and not merely as cut.
    private const int ReceiveLength = FrameHeader.MaxMessage + FrameHeader.Size;

    private readonly byte[] _sendBuffer = new byte[FrameHeader.MaxMessage];
    private readonly byte[] _receiveBuffer = new byte[ReceiveLength];
    private readonly ReceivedDescriptors _descriptors = new();
    private readonly Queue<Abandoned> _abandoned = new();
    private uint _sequence;

    /// <summary>
    /// Sends a request and waits for its reply, which is checked as strictly as vrtd's hardened library checks it: a
    /// frame of exactly its stated length, the request's own number, a return code that may stand on the wire, an empty
    /// body with an error, a long enough body and exactly the descriptors that belong to it with a success. Anything
    /// else closes what came along and gives the connection up.
    /// </summary>
    /// <param name="request">What to send.</param>
    /// <param name="body">Where the reply's body goes, as much of it as fits.</param>
    /// <param name="cancellationToken">
    /// Stops the wait, not the daemon. The reply that comes later is dropped, and what it brings is given back.
    /// </param>
    public Reply Exchange(scoped in Request request, scoped Span<byte> body, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(!TryAddReference(), typeof(Session));
        try
        {
            TimeSpan timeout = request.IsLong ? _options.LongRequestTimeout : _options.RequestTimeout;
            long start = Stopwatch.GetTimestamp();
            if (!_gate.Wait(timeout, cancellationToken))
                throw TimedOut(request.Operation, timeout, sent: false);
            try
            {
                ThrowIfUnusable(request.Operation);
                uint sequence = Send(request, cancellationToken);
                try
                {
                    if (TryReceive(request, sequence, body, Left(timeout, start), out Reply reply, cancellationToken))
                        return reply;
                }
                catch (OperationCanceledException)
                {
                    Abandon(request, sequence);
                    throw;
                }
                catch (ScatterlistException failure) when (failure is not VrtdException)
                {
                    // The wait itself could not begin, for want of a descriptor. The reply still comes.
                    Abandon(request, sequence);
                    throw new VrtdException(
                        request.Operation,
                        VrtdReturnCode.InternalError,
                        failure.Errno,
                        "the reply could not be waited for; the daemon may still carry the request out",
                        failure.Remedy,
                        failure);
                }

                Abandon(request, sequence);
                throw TimedOut(request.Operation, timeout, sent: true);
            }
            finally
            {
                _gate.Release();
            }
        }
        finally
        {
            Release();
        }
    }

    private static VrtdException TimedOut(string operation, TimeSpan timeout, bool sent) => new(
        operation,
        VrtdReturnCode.InternalError,
        Errno.ETIMEDOUT,
        sent
            ? $"no reply within {timeout.TotalSeconds:0.###} s; the daemon may still carry the request out"
            : $"other requests of this session took {timeout.TotalSeconds:0.###} s; nothing was sent",
        "The daemon serves one request at a time: another client's reset or clock change delays all. See "
            + "SessionOptions.RequestTimeout; 'systemctl status vrtd' tells whether the daemon lives.");

    private uint Send(scoped in Request request, CancellationToken cancellationToken)
    {
        uint sequence = ++_sequence;
        if (sequence == 0)
            sequence = ++_sequence;
        FrameHeader.Request(request.Opcode, request.Body.Length, sequence).Write(_sendBuffer);
        request.Body.CopyTo(_sendBuffer.AsSpan(FrameHeader.Size));
        ReadOnlySpan<byte> datagram = _sendBuffer.AsSpan(0, FrameHeader.Size + request.Body.Length);
        IoResult sent;
        bool held = false;
        try
        {
            request.Descriptor?.DangerousAddRef(ref held);
            sent = request.Descriptor is { } descriptor
                ? _socket.SendMsg(
                    datagram, [(int)descriptor.DangerousGetHandle()], cancellationToken: cancellationToken)
                : _socket.SendMsg(datagram, cancellationToken: cancellationToken);
        }
        finally
        {
            if (held)
                request.Descriptor!.DangerousRelease();
        }

        // A datagram goes as a whole or not at all. A bad descriptor or a limit reached leave the connection intact.
        if (sent.IsSuccess)
            return sequence;
        if (sent.Errno is Errno.EBADF or Errno.ETOOMANYREFS or Errno.ENOMEM or Errno.ENOBUFS or Errno.EMFILE
            or Errno.ENFILE)
        {
            throw new VrtdException(
                request.Operation, VrtdReturnCode.BadLibCall, sent.Errno, "the request was not sent");
        }

        throw Break(request.Operation, sent.Errno, "the daemon is gone: sending the request failed");
    }

    // Past its time a wait is still one look, so that a reply that is there is never left.
    private static TimeSpan Left(TimeSpan timeout, long start)
    {
        if (timeout == Timeout.InfiniteTimeSpan)
            return timeout;
        TimeSpan left = timeout - Stopwatch.GetElapsedTime(start);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private bool TryReceive(
        scoped in Request request, uint sequence, scoped Span<byte> body, TimeSpan timeout, out Reply reply,
        CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            if (!_socket.WaitReadable(Left(timeout, start), cancellationToken))
            {
                reply = default;
                return false;
            }

            ReceiveResult received =
                _socket.RecvMsg(_receiveBuffer, _descriptors, MessageFlags.DontWait, CancellationToken.None);
            if (received.Errno is Errno.EINTR or Errno.EAGAIN)
                continue;
            if (received.Errno != Errno.None)
                throw Break(request.Operation, received.Errno, "the daemon is gone: receiving the reply failed");
            if (received.Bytes == 0)
                throw Break(request.Operation, Errno.None, "the daemon closed the connection before it answered");
            string? fault = null;
            if (received.IsTruncated || !FrameHeader.TryParse(
                _receiveBuffer.AsSpan(0, (int)received.Bytes), out FrameHeader header, out ReadOnlySpan<byte> content))
            {
                header = default;
                content = default;
                fault = "its length is not what its header says";
            }

            if (fault is null && _abandoned.TryPeek(out Abandoned? late) && late.Sequence == header.Sequence)
            {
                DropLate(_abandoned.Dequeue(), header, content);
                _descriptors.Clear();
                continue;
            }

            if (fault is null && received.IsControlTruncated)
            {
                // There is room for as many descriptors as a message can have: this process had no number left.
                bool isDue = request.BringsDescriptor && header.ReturnCode == VrtdReturnCode.Ok;
                if (isDue && header.Sequence == sequence)
                    throw WithoutPlace(request, sequence, header, content);
                fault = "it came with a descriptor that is not due";
            }

            fault ??= Check(request, sequence, header, content, _descriptors.Count);
            if (fault is not null)
                throw Break(request.Operation, Errno.None, "the daemon broke the protocol with its reply: " + fault);
            content[..Math.Min(content.Length, body.Length)].CopyTo(body);
            reply = header.ReturnCode == VrtdReturnCode.Ok
                ? new Reply(
                    VrtdReturnCode.Ok, content.Length, request.BringsDescriptor ? _descriptors.Take(0) : null)
                : new Reply(header.ReturnCode, 0, null);
            return true;
        }
    }

    /// <summary>The reply was right, and its descriptor lost on this side: what it opened is given back.</summary>
    private VrtdException WithoutPlace(
        scoped in Request request, uint sequence, FrameHeader header, ReadOnlySpan<byte> content)
    {
        _descriptors.Clear();
        DropLate(new Abandoned(sequence, request.Opcode, request.Body.ToArray()), header, content);
        return new VrtdException(
            request.Operation,
            VrtdReturnCode.InternalError,
            Errno.EMFILE,
            "the reply's descriptor found no place in this process; what was opened is given back",
            Remedies.OpenFiles);
    }

    private static string? Check(
        scoped in Request request, uint sequence, FrameHeader header, ReadOnlySpan<byte> content, int descriptors)
    {
        if (header.Sequence != sequence)
            return $"it answers request {header.Sequence}, the one under way is {sequence}";
        switch (header.ReturnCode)
        {
            case VrtdReturnCode.Ok:
                if (content.Length < request.MinimumReply)
                    return $"a body of {content.Length} bytes where {request.MinimumReply} are due";
                int due = request.BringsDescriptor ? 1 : 0;
                return descriptors == due ? null : $"{descriptors} descriptors where {due} are due";
            case VrtdReturnCode.BadLibCall or VrtdReturnCode.BadConnection or VrtdReturnCode.ResponseMismatch:
                return $"return code {(ushort)header.ReturnCode}, which never stands on the wire";
            default:
                // A code this client has no name for is a refusal like the others, with its number kept.
                if (!content.IsEmpty)
                    return $"return code {(ushort)header.ReturnCode} with a body of {content.Length} bytes";
                return descriptors == 0 ? null : $"return code {(ushort)header.ReturnCode} with a descriptor";
        }
    }

    private void Abandon(scoped in Request request, uint sequence)
    {
        _abandoned.Enqueue(new Abandoned(sequence, request.Opcode, request.Body.ToArray()));
        if (_abandoned.Count > MaxAbandoned)
            throw Break(request.Operation, Errno.ETIMEDOUT, $"the daemon left {MaxAbandoned} requests unanswered");
    }

    private void DropLate(Abandoned late, FrameHeader header, ReadOnlySpan<byte> content)
    {
        if (header.ReturnCode == VrtdReturnCode.Ok && Cleanup.TryFromLateReply(late, content, out Cleanup cleanup))
            GiveBackLater(cleanup);
    }
}
