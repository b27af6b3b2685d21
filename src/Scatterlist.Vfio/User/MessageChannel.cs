using System.Diagnostics;
using Scatterlist.HostFd;

namespace Scatterlist.Vfio;

/// <summary>
/// One vfio-user connection, the same on both sides: whole messages out, whole messages in, commands matched with
/// their replies. There is no thread for it. Whoever waits for something receives for all (one at a time), and hands
/// the task on when his own wait is over. Thread-safe.
/// </summary>
internal sealed class MessageChannel : IDisposable
{
    private const int MaxDeferred = 1024;
    private const long MaxDeferredBytes = 16 << 20;
    private const int MaxDeferredDescriptors = 128;

    private readonly UnixSocket _socket;
    private readonly MessageReader _reader;
    private readonly TimeSpan _timeout;
    private readonly Func<MessageChannel, Message, bool>? _serve;
    private readonly object _receiving = new();
    private readonly Lock _sending = new();
    private readonly Lock _state = new();
    private readonly Stack<Message> _spare = [];
    private readonly Queue<Message> _deferred = [];
    private readonly List<PendingCall> _calls = []; // by id
    private readonly Stack<PendingCall> _idle = [];
    private readonly HashSet<PendingCall> _waiting = [];
    private readonly PendingCall _commander = new(0); // never sent: who waits for commands
    private bool _isCommanderThere;
    private byte[] _frame = new byte[4096];
    private long _deferredBytes;
    private int _deferredDescriptors;
    private Errno _failure;
    private bool _disposed;

    /// <param name="socket">The connection, which the channel owns.</param>
    /// <param name="timeout">How long a peer may take for the rest of a message, for room, and for a reply.</param>
    /// <param name="spin">How long a wait for a message looks again and again before the thread sleeps.</param>
    /// <param name="serve">Answers a command at once, on whatever thread received it, or returns false to have it put
    /// aside for <see cref="ReceiveCommand"/>. It must not wait.</param>
    internal MessageChannel(
        UnixSocket socket, TimeSpan timeout, TimeSpan spin, Func<MessageChannel, Message, bool>? serve = null)
    {
        _socket = socket;
        _reader = new MessageReader(socket, timeout, spin);
        _timeout = timeout;
        _serve = serve;
    }

    /// <summary>Why the connection is over, or None.</summary>
    internal Errno Failure
    {
        get
        {
            lock (_state)
                return _failure;
        }
    }

    /// <summary>Waits for the next command, which the caller returns.</summary>
    /// <param name="wait">How long.</param>
    /// <param name="command">The command, or null with an error.</param>
    /// <returns>None; ETIMEDOUT when nothing came; what ended the connection.</returns>
    internal Errno ReceiveCommand(TimeSpan wait, out Message? command)
    {
        long start = Stopwatch.GetTimestamp();
        while (!TryTakeDeferred(out command))
        {
            TimeSpan left = MessageReader.Left(start, wait);
            Errno errno = left == TimeSpan.Zero ? Errno.ETIMEDOUT : Failure;
            if (errno == Errno.None && Monitor.TryEnter(_receiving))
            {
                try
                {
                    errno = ReceiveOne(left);
                }
                finally
                {
                    Monitor.Exit(_receiving);
                }
            }
            else if (errno == Errno.None)
            {
                // A call receives meanwhile, and puts aside what is for us.
                _commander.Wait(left);
            }

            if (errno == Errno.None)
                continue;
            AskSomebodyToReceive();
            return errno;
        }

        AskSomebodyToReceive();
        return Errno.None;
    }

    /// <summary>Receives and serves until the connection is over.</summary>
    internal void Serve()
    {
        Errno errno = Errno.None;
        while (errno == Errno.None)
        {
            lock (_receiving)
                errno = ReceiveOne(Timeout.InfiniteTimeSpan);
            AskSomebodyToReceive();
        }
    }

    /// <summary>Sends a command and waits for its reply, which the caller returns.</summary>
    /// <returns>None; the error of the reply; what ended the connection, ETIMEDOUT among it.</returns>
    internal Errno Call(
        UserCommand command, ReadOnlySpan<byte> head, ReadOnlySpan<byte> data, ReadOnlySpan<int> descriptors,
        out Message? reply)
    {
        reply = null;
        if (!TryStart(command, out PendingCall? call, out Errno errno))
            return errno;
        long start = Stopwatch.GetTimestamp();
        errno = Send(call!.Id, command, UserWire.Command, Errno.None, head, data, descriptors);
        call.IsSent = true;
        while (errno == Errno.None && !call.IsDone)
        {
            TimeSpan left = Left(start);
            if (left == TimeSpan.Zero)
                errno = Fail(Errno.ETIMEDOUT);
            else if (Monitor.TryEnter(_receiving))
                errno = ReceiveFor(call, start);
            else
                call.Wait(left);
        }

        return Finish(call, errno, out reply);
    }

    /// <summary>Sends one whole message.</summary>
    internal Errno Send(
        ushort id, UserCommand command, uint flags, Errno error, ReadOnlySpan<byte> head,
        ReadOnlySpan<byte> data = default, ReadOnlySpan<int> descriptors = default)
    {
        int length = UserWire.HeaderBytes + head.Length + data.Length;
        lock (_sending)
        {
            if (_frame.Length < length)
                _frame = new byte[Math.Max(length, _frame.Length * 2)];
            Span<byte> frame = _frame.AsSpan(0, length);
            UserWire.Put16(frame, 0, id);
            UserWire.Put16(frame, 2, (ushort)command);
            UserWire.Put32(frame, 4, (uint)length);
            UserWire.Put32(frame, 8, flags | (error == Errno.None ? 0 : UserWire.Error));
            UserWire.Put32(frame, 12, (uint)error);
            head.CopyTo(frame[UserWire.HeaderBytes..]);
            data.CopyTo(frame[(UserWire.HeaderBytes + head.Length)..]);
            Errno errno = SendAll(frame, descriptors, out bool isWhole);
            // With a part of a message on its way, nothing that follows would be understood.
            return errno == Errno.None || isWhole ? errno : Fail(errno);
        }
    }

    /// <summary>Gives a message back for reuse, and closes the descriptors that nobody took.</summary>
    internal void Return(Message? message)
    {
        if (message is null)
            return;
        message.Clear();
        lock (_state)
        {
            if (!_disposed && _spare.Count < 16)
            {
                _spare.Push(message);
                return;
            }
        }

        message.Dispose();
    }

    /// <summary>Ends the connection: all who wait are told why. The first reason stays.</summary>
    internal Errno Fail(Errno errno)
    {
        lock (_state)
        {
            if (_failure != Errno.None)
                return _failure;
            _failure = errno;
            foreach (PendingCall call in _waiting)
                call.Complete(errno, null);
            _waiting.Clear();
            AskCommander();
        }

        _socket.Dispose();
        return errno;
    }

    /// <summary>Closes the connection. Idempotent.</summary>
    public void Dispose()
    {
        Fail(Errno.ECANCELED);
        lock (_state)
        {
            _disposed = true;
            foreach (Message message in _spare.Concat(_deferred))
                message.Dispose();
            _spare.Clear();
            _deferred.Clear();
        }

        // Whoever receives was woken by the socket's end.
        lock (_receiving)
            _reader.Dispose();
    }

    private TimeSpan Left(long start) => MessageReader.Left(start, _timeout);

    private bool TryStart(UserCommand command, out PendingCall? call, out Errno errno)
    {
        lock (_state)
        {
            call = null;
            errno = _failure;
            if (errno != Errno.None)
                return false;
            if (!_idle.TryPop(out call))
            {
                if (_calls.Count > ushort.MaxValue)
                {
                    errno = Errno.EAGAIN;
                    return false;
                }

                call = new PendingCall((ushort)_calls.Count);
                _calls.Add(call);
            }

            call.Start(command);
            _waiting.Add(call);
            return true;
        }
    }

    private Errno Finish(PendingCall call, Errno errno, out Message? reply)
    {
        lock (_state)
        {
            _waiting.Remove(call);
            reply = call.Reply;
            if (call.IsDone)
                errno = call.Errno;
            _idle.Push(call);
        }

        if (errno == Errno.None && (reply!.Flags & UserWire.Error) != 0)
        {
            // An error without a number is an error all the same.
            errno = (int)reply.Error is > 0 and <= 4096 ? reply.Error : Errno.EIO;
        }

        if (errno != Errno.None)
        {
            Return(reply);
            reply = null;
        }

        return errno;
    }

    // Entered by the caller.
    private Errno ReceiveFor(PendingCall call, long start)
    {
        try
        {
            Errno errno = Errno.None;
            while (errno == Errno.None && !call.IsDone)
            {
                TimeSpan left = Left(start);
                errno = left == TimeSpan.Zero ? Errno.ETIMEDOUT : ReceiveOne(left);
                if (errno != Errno.None && !call.IsDone)
                    errno = Fail(errno);
            }

            return errno;
        }
        finally
        {
            Monitor.Exit(_receiving);
            AskSomebodyToReceive();
        }
    }

    // After the lock is left, or who is asked might find it taken and wait for ever. Never one who still sends: he may
    // be waiting for the peer, which waits for us to receive.
    private void AskSomebodyToReceive()
    {
        lock (_state)
        {
            foreach (PendingCall call in _waiting)
            {
                if (call.IsDone || !call.IsSent)
                    continue;
                call.AskToReceive();
                return;
            }

            AskCommander();
        }
    }

    // Under the lock of the state.
    private void AskCommander()
    {
        if (_isCommanderThere)
            _commander.AskToReceive();
    }

    private bool TryTakeDeferred(out Message? command)
    {
        lock (_state)
        {
            _isCommanderThere = !_deferred.TryDequeue(out command);
            if (command is null)
                return false;
            _deferredBytes -= command.Length;
            _deferredDescriptors -= command.Descriptors.Count;
            return true;
        }
    }

    /// <summary>Receives one message and passes it to whom it concerns. By the one who receives at the time.</summary>
    private Errno ReceiveOne(TimeSpan wait)
    {
        Message? message;
        lock (_state)
        {
            if (_failure != Errno.None)
                return _failure;
            if (!_spare.TryPop(out message))
                message = new Message();
        }

        Errno errno = _reader.Receive(message, wait);
        if (errno != Errno.None)
        {
            Return(message);
            return errno == Errno.ETIMEDOUT ? errno : Fail(errno);
        }

        if (message.IsReply)
            return Match(message) ? Errno.None : Fail(Errno.EPROTO);
        if (_serve is { } serve && serve(this, message))
        {
            Return(message);
            return Failure;
        }

        lock (_state)
        {
            if (_failure == Errno.None && _deferred.Count < MaxDeferred
                && _deferredBytes + message.Length <= MaxDeferredBytes
                && _deferredDescriptors + message.Descriptors.Count <= MaxDeferredDescriptors)
            {
                _deferredBytes += message.Length;
                _deferredDescriptors += message.Descriptors.Count;
                _deferred.Enqueue(message);
                AskCommander();
                return Errno.None;
            }
        }

        Return(message);
        return Fail(Errno.ENOBUFS);
    }

    private bool Match(Message reply)
    {
        lock (_state)
        {
            if (reply.Id < _calls.Count && _calls[reply.Id] is { } call && call.Command == reply.Command
                && _waiting.Remove(call))
            {
                call.Complete(Errno.None, reply);
                return true;
            }
        }

        Return(reply);
        return false;
    }

    /// <summary>Sends all bytes.</summary>
    /// <param name="frame">The message.</param>
    /// <param name="descriptors">What goes with its first byte.</param>
    /// <param name="isWhole">Whether an error was about the descriptors and nothing was sent.</param>
    private Errno SendAll(ReadOnlySpan<byte> frame, ReadOnlySpan<int> descriptors, out bool isWhole)
    {
        isWhole = false;
        long start = 0;
        try
        {
            while (!frame.IsEmpty)
            {
                IoResult result = _socket.SendMsg(frame, descriptors, MessageFlags.DontWait);
                if (result.Errno == Errno.EAGAIN)
                {
                    if (start == 0)
                        start = Stopwatch.GetTimestamp();
                    TimeSpan left = Left(start);
                    if (left == TimeSpan.Zero || !_socket.WaitWritable(left))
                        return Errno.ETIMEDOUT;
                    continue;
                }

                if (!result.IsSuccess)
                {
                    isWhole = !descriptors.IsEmpty
                        && result.Errno is Errno.EBADF or Errno.EINVAL or Errno.ETOOMANYREFS;
                    return result.Errno;
                }

                frame = frame[(int)result.Bytes..];
                descriptors = default;
            }

            return Errno.None;
        }
        catch (ObjectDisposedException)
        {
            return Errno.ECANCELED;
        }
        catch (ScatterlistException e)
        {
            return e.Errno == Errno.None ? Errno.EIO : e.Errno; // no descriptor left to wait with
        }
    }
}
