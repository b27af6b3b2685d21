using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Scatterlist.HostFd.Interop;
using Scatterlist.HostFd.Waiting;

namespace Scatterlist.HostFd;

public sealed unsafe partial class UnixSocket
{
    private const int MaxControlBytes = 32 + 16 + (ReceivedDescriptors.MaxCount * sizeof(int));

    /// <summary>Sends one message, with descriptors or without.</summary>
    /// <param name="data">The bytes. On a stream socket, descriptors need at least one (unix(7)).</param>
    /// <param name="descriptors">
    /// Descriptors that the peer gets duplicates of, at most 253 (SCM_RIGHTS). They stay the caller's, who keeps them
    /// open
    /// until the call has returned.
    /// </param>
    /// <param name="flags">How.</param>
    /// <param name="cancellationToken">Ends the wait for room at the peer.</param>
    /// <returns>
    /// The bytes sent: all of a message, maybe fewer on a stream. Errors: EAGAIN with DontWait, EPIPE or ECONNRESET
    /// when
    /// the peer is gone, EMSGSIZE, EBADF for a bad descriptor, ETOOMANYREFS, EINVAL for more than 253 descriptors,
    /// ECANCELED when the socket was disposed during the call.
    /// </returns>
    /// <exception cref="OperationCanceledException">The token was cancelled; nothing was sent.</exception>
    /// <exception cref="ObjectDisposedException">The socket is disposed.</exception>
    public IoResult SendMsg(
        ReadOnlySpan<byte> data, ReadOnlySpan<int> descriptors = default, MessageFlags flags = MessageFlags.None,
        CancellationToken cancellationToken = default)
    {
        fixed (byte* first = data)
        {
            var block = new Block(first, (nuint)data.Length);
            return Send(&block, 1, descriptors, flags, cancellationToken);
        }
    }

    /// <summary>
    /// Sends one message gathered from blocks. A message of more than 1024 blocks (<see
    /// cref="HostIO.MaxSendRecvMsgIov"/>)
    /// goes through one pooled buffer, so that it stays whole; a stream takes the first 1024 and reports the count.
    /// </summary>
    /// <inheritdoc cref="SendMsg(ReadOnlySpan{byte}, ReadOnlySpan{int}, MessageFlags, CancellationToken)"/>
    [SkipLocalsInit]
    public IoResult SendMsg(
        in BlockSequence data, ReadOnlySpan<int> descriptors = default, MessageFlags flags = MessageFlags.None,
        CancellationToken cancellationToken = default)
    {
        if (data.TryGetWhole(out ReadOnlySpan<Block> whole) && whole.Length <= HostIO.MaxSendRecvMsgIov)
        {
            fixed (Block* blocks = whole)
                return Send(blocks, (nuint)whole.Length, descriptors, flags, cancellationToken);
        }

        Block* window = stackalloc Block[HostIO.MaxSendRecvMsgIov];
        int count = data.MergeBlocksTo(new Span<Block>(window, HostIO.MaxSendRecvMsgIov), out ulong bytes);
        if (bytes == data.Length || SocketType == UnixSocketType.Stream)
            return Send(window, (nuint)count, descriptors, flags, cancellationToken);
        if (data.Length > (ulong)Array.MaxLength)
            return IoResult.Failure(Errno.EMSGSIZE);

        byte[] bounce = ArrayPool<byte>.Shared.Rent((int)data.Length);
        try
        {
            Span<byte> message = bounce.AsSpan(0, (int)data.Length);
            SafeCopyResult gathered = SafeCopy.CopyIn(message, in data);
            if (!gathered.IsSuccess)
                return IoResult.Failure(gathered.Errno);
            return SendMsg(message, descriptors, flags, cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bounce);
        }
    }

    /// <summary>Receives one message, or what a stream has, with the descriptors that come along.</summary>
    /// <param name="buffer">Where the bytes go.</param>
    /// <param name="descriptors">
    /// Takes the descriptors; what was left in it is closed first. With null, descriptors that come are closed by the
    /// kernel and <see cref="ReceiveResult.IsControlTruncated"/> says so.
    /// </param>
    /// <param name="flags">How.</param>
    /// <param name="cancellationToken">Ends the wait for a message.</param>
    /// <returns>What was received. Errors: EAGAIN with DontWait, ECONNRESET, ENOTCONN, ECANCELED after a
    /// dispose.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled; nothing was received.</exception>
    /// <exception cref="ObjectDisposedException">The socket is disposed.</exception>
    public ReceiveResult RecvMsg(
        Span<byte> buffer, ReceivedDescriptors? descriptors = null, MessageFlags flags = MessageFlags.None,
        CancellationToken cancellationToken = default)
    {
        fixed (byte* first = buffer)
        {
            var block = new Block(first, (nuint)buffer.Length);
            return Receive(&block, 1, descriptors, flags, cancellationToken);
        }
    }

    /// <summary>
    /// Receives one message scattered into blocks. More than 1024 blocks are filled from one pooled buffer, so that a
    /// message stays whole; a stream fills the first 1024.
    /// </summary>
    /// <inheritdoc cref="RecvMsg(Span{byte}, ReceivedDescriptors?, MessageFlags, CancellationToken)"/>
    [SkipLocalsInit]
    public ReceiveResult RecvMsg(
        in BlockSequence buffer, ReceivedDescriptors? descriptors = null, MessageFlags flags = MessageFlags.None,
        CancellationToken cancellationToken = default)
    {
        if (buffer.TryGetWhole(out ReadOnlySpan<Block> whole) && whole.Length <= HostIO.MaxSendRecvMsgIov)
        {
            fixed (Block* blocks = whole)
                return Receive(blocks, (nuint)whole.Length, descriptors, flags, cancellationToken);
        }

        Block* window = stackalloc Block[HostIO.MaxSendRecvMsgIov];
        int count = buffer.MergeBlocksTo(new Span<Block>(window, HostIO.MaxSendRecvMsgIov), out ulong bytes);
        if (bytes == buffer.Length || SocketType == UnixSocketType.Stream)
            return Receive(window, (nuint)count, descriptors, flags, cancellationToken);

        // No UNIX message is near an array's limit (the sender's SO_SNDBUF bounds it): a longer buffer loses nothing.
        int length = (int)ulong.Min(buffer.Length, (ulong)Array.MaxLength);
        byte[] bounce = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            ReceiveResult result = RecvMsg(bounce.AsSpan(0, length), descriptors, flags, cancellationToken);
            ReadOnlySpan<byte> message = bounce.AsSpan(0, (int)result.Bytes);
            SafeCopyResult scattered = SafeCopy.CopyOut(in buffer, message);
            return scattered.IsSuccess ? result : new ReceiveResult(scattered.Errno);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bounce);
        }
    }

    [SkipLocalsInit]
    private IoResult Send(
        Block* blocks, nuint count, ReadOnlySpan<int> descriptors, MessageFlags flags,
        CancellationToken cancellationToken)
    {
        if (descriptors.Length > ReceivedDescriptors.MaxCount)
            return IoResult.Failure(Errno.EINVAL);
        byte* control = stackalloc byte[MaxControlBytes];
        var message = new MsgHdr { Iov = blocks, IovLength = count };
        if (!descriptors.IsEmpty)
        {
            var header = (CMsgHdr*)control;
            header->Length = (nuint)(sizeof(CMsgHdr) + (descriptors.Length * sizeof(int)));
            header->Level = LibC.SolSocket;
            header->Type = LibC.ScmRights;
            descriptors.CopyTo(new Span<int>(header + 1, descriptors.Length));
            message.Control = control;
            message.ControlLength = (header->Length + 7) & ~(nuint)7;
        }

        bool held = false;
        try
        {
            Descriptor.DangerousAddRef(ref held);
            int fd = (int)Descriptor.DangerousGetHandle();
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                nint sent = LibC.SendMsg(fd, &message, LibC.MsgDontWait | LibC.MsgNoSignal);
                if (sent >= 0)
                    return IoResult.Success((ulong)sent);
                Errno errno = LibC.LastError();
                if (errno == Errno.EAGAIN && (flags & MessageFlags.DontWait) == 0)
                    errno = WaitFor(fd, LibC.PollOut, cancellationToken);
                if (errno is not (Errno.None or Errno.EINTR))
                    return IoResult.Failure(errno);
            }
        }
        finally
        {
            if (held)
                Descriptor.DangerousRelease();
        }
    }

    [SkipLocalsInit]
    private ReceiveResult Receive(
        Block* blocks, nuint count, ReceivedDescriptors? descriptors, MessageFlags flags,
        CancellationToken cancellationToken)
    {
        descriptors?.StartReceive();
        byte* control = stackalloc byte[MaxControlBytes];
        int callFlags = (int)(flags & MessageFlags.Peek) | LibC.MsgDontWait | LibC.MsgCMsgCloseOnExec;
        bool held = false;
        try
        {
            Descriptor.DangerousAddRef(ref held);
            int fd = (int)Descriptor.DangerousGetHandle();
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var message = new MsgHdr { Iov = blocks, IovLength = count };
                if (descriptors is not null)
                {
                    // Not rounded up to the alignment: the kernel would put one more descriptor into the padding.
                    message.Control = control;
                    message.ControlLength = (nuint)((_receivesCredentials ? 32 : 0)
                        + sizeof(CMsgHdr) + (descriptors.Capacity * sizeof(int)));
                }

                nint received = LibC.RecvMsg(fd, &message, callFlags);
                if (received >= 0)
                    return Finish((ulong)received, in message, descriptors);
                Errno errno = LibC.LastError();
                if (errno == Errno.EAGAIN && (flags & MessageFlags.DontWait) == 0)
                    errno = WaitFor(fd, LibC.PollIn, cancellationToken);
                if (errno is not (Errno.None or Errno.EINTR))
                    return new ReceiveResult(errno);
            }
        }
        finally
        {
            if (held)
                Descriptor.DangerousRelease();
        }
    }

    private ReceiveResult Finish(ulong received, in MsgHdr message, ReceivedDescriptors? descriptors)
    {
        bool controlTruncated = (message.Flags & LibC.MsgControlTruncated) != 0;
        if (descriptors is not null)
            controlTruncated |= !TakeControl(in message, descriptors);
        bool endOfFile = false;
        if (received == 0 && SocketType != UnixSocketType.Datagram && !controlTruncated
            && descriptors is not { Count: > 0 })
        {
            for (nuint i = 0; i < message.IovLength; i++)
                endOfFile |= !message.Iov[i].IsEmpty;
        }

        return new ReceiveResult(received, endOfFile, (message.Flags & LibC.MsgTruncated) != 0, controlTruncated);
    }

    /// <summary>Takes over what came with a message. False when some descriptor had no room and was closed.</summary>
    private static bool TakeControl(in MsgHdr message, ReceivedDescriptors descriptors)
    {
        bool complete = true;
        byte* next = (byte*)message.Control;
        byte* end = next + message.ControlLength;
        while (end - next >= sizeof(CMsgHdr))
        {
            var header = (CMsgHdr*)next;
            if (header->Length < (nuint)sizeof(CMsgHdr) || header->Length > (nuint)(end - next))
                break;
            if (header->Level == LibC.SolSocket && header->Type == LibC.ScmRights)
            {
                int count = (int)((header->Length - (nuint)sizeof(CMsgHdr)) / sizeof(int));
                foreach (int descriptor in new ReadOnlySpan<int>(header + 1, count))
                {
                    if (descriptors.TryAdd(descriptor))
                        continue;
                    _ = LibC.Close(descriptor);
                    complete = false;
                }
            }
            else if (header->Level == LibC.SolSocket && header->Type == LibC.ScmCredentials)
            {
                var sender = (UCred*)(header + 1);
                descriptors.Credentials = new PeerCredentials(sender->Pid, sender->Uid, sender->Gid);
            }

            nuint step = (header->Length + 7) & ~(nuint)7;
            if (step >= (nuint)(end - next))
                break;
            next += step;
        }

        return complete;
    }

    private Errno WaitFor(int fd, short events, CancellationToken cancellationToken)
    {
        if (Spins(fd, events, SpinTime, cancellationToken))
            return Errno.None;
        Errno outcome = DescriptorWait.Wait(fd, events, Timeout.InfiniteTimeSpan, _waiters, cancellationToken);
        if (outcome == Errno.ECANCELED)
            cancellationToken.ThrowIfCancellationRequested();
        return outcome;
    }
}
