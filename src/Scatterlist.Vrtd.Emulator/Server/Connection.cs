using System.Diagnostics.CodeAnalysis;
using Scatterlist.HostFd;
using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Emulator;

/// <summary>
/// One client's connection and the thread that serves it: requests are answered one after the other, in their order.
/// A client that sends rubbish, floods, or never reads its answers harms its own connection only.
/// </summary>
internal sealed class Connection
{
    private const int StackSize = 256 << 10;

    /// <summary>More than any rule allows, so that too many can be told from far too many.</summary>
    private const int MaxDescriptors = 8;

    // A client that has its answer often asks again at once: open and close, sync set-ups, listings.
    private static readonly TimeSpan RequestSpin = TimeSpan.FromMicroseconds(50);

    private readonly UnixSocket _socket;
    private readonly Client _client;
    private readonly EmulatedDaemon _daemon;
    private readonly Thread _thread;
    private readonly Reply _reply = new();

    internal Connection(UnixSocket socket, Client client, EmulatedDaemon daemon)
    {
        _socket = socket;
        _socket.SpinTime = RequestSpin;
        _client = client;
        _daemon = daemon;
        _thread = new Thread(Run, StackSize) { IsBackground = true, Name = "vrtd connection" };
    }

    internal ulong Id => _client.Id;

    internal void Start() => _thread.Start();

    /// <summary>Hangs up; the thread ends soon after.</summary>
    internal void HangUp() => _socket.Dispose();

    internal bool Join(TimeSpan timeout) => _thread.Join(timeout);

    [SuppressMessage("Design", "CA1031", Justification = "A defect ends one connection, not its host's process.")]
    private void Run()
    {
        try
        {
            using var descriptors = new ReceivedDescriptors(MaxDescriptors);
            var buffer = new byte[FrameHeader.MaxMessage + 1];
            while (ServeOne(buffer, descriptors))
            {
            }
        }
        catch (Exception problem)
        {
            _daemon.NoteUnexpected(problem);
        }
        finally
        {
            // Freed before the hang-up: whoever sees the end of the connection finds its memory free.
            _reply.DropDescriptor();
            _daemon.Forget(this);
            _socket.Dispose();
        }
    }

    private bool ServeOne(byte[] buffer, ReceivedDescriptors descriptors)
    {
        ReceiveResult received = _socket.RecvMsg(buffer, descriptors);
        if (!received.IsSuccess)
            return false;
        if (received.IsTruncated)
            return Reject("a datagram longer than any request");

        // An empty datagram and the end of the connection are alike: neither is a frame, and only the end is no fault.
        if (received.Bytes == 0)
            return false;
        ReadOnlySpan<byte> datagram = buffer.AsSpan(0, (int)received.Bytes);
        if (!FrameHeader.TryParse(datagram, out FrameHeader header, out ReadOnlySpan<byte> body))
            return Reject("a datagram that is no frame");
        int count = received.IsControlTruncated ? MaxDescriptors + 1 : descriptors.Count;
        if (count > 1 && _daemon.Options.Profile != WireProfile.Hardened)
            return Reject("more than one descriptor with a request");

        FaultRule? fault = _daemon.Options.Faults.Next(header.Opcode, out TimeSpan delay);
        if (delay > TimeSpan.Zero && _daemon.Stopping.WaitHandle.WaitOne(delay))
            return false;
        _reply.Reset();
        if (fault?.Kind == FaultKind.ReturnCode)
            _reply.Finish(fault.Code);
        else
            Handle(header, body, descriptors, count);

        // Closed before the answer, so that a client that has it can count on that.
        descriptors.Clear();
        bool goesOn = fault is null
            ? Send(_reply.Frame(header.Sequence), null)
            : SendSpoilt(fault, header.Sequence);
        _reply.DropDescriptor();
        _daemon.NoteAnswered(_client, header, _reply.Code);
        return goesOn;
    }

    private bool Reject(string reason)
    {
        _daemon.Logger.Disconnected(_client.Id, _client.Peer.ProcessId, reason);
        return false;
    }

    private void Handle(in FrameHeader header, ReadOnlySpan<byte> body, ReceivedDescriptors descriptors, int count)
    {
        using FileDescriptor? first = descriptors.Count > 0 ? descriptors.Take(0) : null;
        _daemon.Handler.Handle(new Request
        {
            Client = _client,
            Opcode = header.Opcode,
            Body = body,
            DescriptorCount = count,
            Descriptor = first,
            Connection = _socket.Descriptor,
            Reply = _reply,
            Stopping = _daemon.Stopping,
        });
    }

    private bool SendSpoilt(FaultRule fault, uint sequence)
    {
        FaultyReply.Outcome outcome = FaultyReply.Apply(
            fault, _reply, sequence, out ReadOnlySpan<byte> datagram, out FileDescriptor? surplus);
        using (surplus)
        {
            return outcome switch
            {
                FaultyReply.Outcome.Send => Send(datagram, surplus),
                FaultyReply.Outcome.SendAndHangUp => Send(datagram, surplus) && false,
                FaultyReply.Outcome.Drop => true,
                _ => false,
            };
        }
    }

    private bool Send(ReadOnlySpan<byte> datagram, FileDescriptor? surplus)
    {
        Span<int> descriptors = stackalloc int[2];
        int count = 0;
        if (_reply.Descriptor is { } own)
            descriptors[count++] = own.Value;
        if (surplus is not null)
            descriptors[count++] = surplus.Value;
        return _socket.SendMsg(datagram, descriptors[..count]).IsSuccess;
    }
}
