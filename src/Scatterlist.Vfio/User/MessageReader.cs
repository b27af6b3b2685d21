using System.Diagnostics;
using Scatterlist.HostFd;

namespace Scatterlist.Vfio;

/// <summary>
/// Cuts messages out of a connection's bytes. A small message takes one system call: what follows a header comes with
/// it, and what follows the message is kept for the next. Used by one thread at a time.
/// </summary>
/// <remarks>
/// Descriptors belong to a message's first byte. The kernel ends a read behind the bytes that descriptors came with
/// (unix(7): ancillary data is a barrier), so that those of a read are the last message's that starts in it. The kernel
/// closes those that come with a later part of a message that is read by itself.
/// </remarks>
/// <param name="socket">The connection; somebody else's.</param>
/// <param name="timeout">How long a peer may take for the rest of a message.</param>
/// <param name="spin">How long a wait looks again and again before it sleeps.</param>
internal sealed class MessageReader(UnixSocket socket, TimeSpan timeout, TimeSpan spin) : IDisposable
{
    internal const int AheadBytes = 512;

    private readonly TimeSpan _spin = Environment.ProcessorCount > 1 ? spin : TimeSpan.Zero;
    private readonly byte[] _ahead = new byte[AheadBytes];
    private int _first;
    private int _end;
    private ReceivedDescriptors _descriptors = new(UserWire.MaxDescriptors); // of the last message that starts there
    private bool _hasLostDescriptors;

    /// <summary>What is left of a limit, which may be infinite; never less than nothing.</summary>
    internal static TimeSpan Left(long start, TimeSpan limit)
    {
        if (limit == Timeout.InfiniteTimeSpan)
            return limit;
        TimeSpan left = limit - Stopwatch.GetElapsedTime(start);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    /// <summary>Receives one message.</summary>
    /// <param name="message">Gets it.</param>
    /// <param name="wait">How long until it begins.</param>
    /// <returns>
    /// None; ETIMEDOUT when nothing came; ECONNRESET at the end of the stream; EPROTO for a message that is none or that
    /// stopped half way; other errors of the socket.
    /// </returns>
    internal Errno Receive(Message message, TimeSpan wait)
    {
        if (_first == _end)
        {
            Errno errno = ReadAhead(wait);
            if (errno != Errno.None)
                return errno;
        }

        long start = Stopwatch.GetTimestamp();
        if (_end - _first < UserWire.HeaderBytes)
        {
            Errno errno = CompleteHeader(start);
            if (errno != Errno.None)
                return errno;
        }

        ReadOnlySpan<byte> there = _ahead.AsSpan(_first, _end - _first);
        message.Id = UserWire.Get16(there, 0);
        message.Command = (UserCommand)UserWire.Get16(there, 2);
        message.Flags = UserWire.Get32(there, 8);
        message.Error = (Errno)UserWire.Get32(there, 12);
        uint length = UserWire.Get32(there, 4);
        if (length is < UserWire.HeaderBytes or > UserWire.MaxMessageBytes
            || (message.Flags & UserWire.TypeMask) > UserWire.Reply)
        {
            return Errno.EPROTO; // there is no telling where the next message starts
        }

        if (length >= (uint)there.Length)
        {
            _descriptors = message.Exchange(_descriptors);
            message.HasLostDescriptors = _hasLostDescriptors;
            _hasLostDescriptors = false;
        }

        Span<byte> payload = message.Prepare((int)length - UserWire.HeaderBytes);
        int known = Math.Min((int)length, there.Length);
        there[UserWire.HeaderBytes..known].CopyTo(payload);
        _first += known;
        return known == length ? Errno.None : ReadRest(payload[(known - UserWire.HeaderBytes)..], message, start);
    }

    /// <summary>Closes the descriptors that came for a message that nobody received.</summary>
    public void Dispose() => _descriptors.Dispose();

    private Errno ReadAhead(TimeSpan wait)
    {
        _first = _end = 0;
        Errno errno = Read(_ahead, _descriptors, wait, out ReceiveResult result);
        if (errno != Errno.None)
            return errno;
        if (result.IsEndOfFile)
            return Errno.ECONNRESET;
        _hasLostDescriptors = result.IsControlTruncated;
        _end = (int)result.Bytes;
        return Errno.None;
    }

    // Exactly the header: descriptors that come with more could be another message's.
    private Errno CompleteHeader(long start)
    {
        _ahead.AsSpan(_first, _end - _first).CopyTo(_ahead);
        _end -= _first;
        _first = 0;
        while (_end < UserWire.HeaderBytes)
        {
            Errno errno = ReadMore(_ahead.AsSpan(_end, UserWire.HeaderBytes - _end), start, out ReceiveResult result);
            if (errno != Errno.None)
                return errno;
            _hasLostDescriptors |= result.IsControlTruncated;
            _end += (int)result.Bytes;
        }

        return Errno.None;
    }

    private Errno ReadRest(Span<byte> rest, Message message, long start)
    {
        while (!rest.IsEmpty)
        {
            Errno errno = ReadMore(rest, start, out ReceiveResult result);
            if (errno != Errno.None)
                return errno;
            message.HasLostDescriptors |= result.IsControlTruncated;
            rest = rest[(int)result.Bytes..];
        }

        return Errno.None;
    }

    private Errno ReadMore(Span<byte> buffer, long start, out ReceiveResult result)
    {
        Errno errno = Read(buffer, null, Left(start, timeout), out result);
        return errno == Errno.ETIMEDOUT || (errno == Errno.None && result.IsEndOfFile) ? Errno.EPROTO : errno;
    }

    // The look itself is the receive: two system calls for it take longer to notice a message, and the same to get it.
    private Errno Read(Span<byte> buffer, ReceivedDescriptors? descriptors, TimeSpan wait, out ReceiveResult result)
    {
        long start = 0;
        TimeSpan patience = wait >= TimeSpan.Zero && wait < _spin ? wait : _spin;
        try
        {
            while (true)
            {
                result = socket.RecvMsg(buffer, descriptors, MessageFlags.DontWait);
                if (result.Errno != Errno.EAGAIN)
                    return result.Errno;
                if (start == 0)
                    start = Stopwatch.GetTimestamp();
                else if (patience != TimeSpan.Zero && Stopwatch.GetElapsedTime(start) >= patience)
                    patience = TimeSpan.Zero;
                if (patience != TimeSpan.Zero)
                {
                    Thread.Yield(); // the peer may need this processor to answer
                    continue;
                }

                TimeSpan left = Left(start, wait);
                if (left == TimeSpan.Zero || !socket.WaitReadable(left))
                    return Errno.ETIMEDOUT;
            }
        }
        catch (ObjectDisposedException)
        {
            result = default;
            return Errno.ECANCELED;
        }
        catch (ScatterlistException e)
        {
            result = default;
            return e.Errno == Errno.None ? Errno.EIO : e.Errno; // no descriptor left to wait with
        }
    }
}
