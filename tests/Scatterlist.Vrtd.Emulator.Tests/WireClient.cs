using Scatterlist.HostFd;
using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Emulator.Tests;

/// <summary>A client that says exactly what a test wants it to say, byte for byte.</summary>
internal sealed class WireClient : IDisposable
{
    private readonly byte[] _buffer = new byte[FrameHeader.MaxMessage + 64];
    private readonly ReceivedDescriptors _received = new(8);
    private uint _sequence;

    internal WireClient(EmulatedDaemon daemon)
        : this(daemon.Connect())
    {
    }

    internal WireClient(UnixSocket socket) => Socket = socket;

    internal UnixSocket Socket { get; }

    public void Dispose()
    {
        _received.Dispose();
        Socket.Dispose();
    }

    /// <summary>Sends a datagram as it is.</summary>
    internal bool SendRaw(ReadOnlySpan<byte> datagram, params ReadOnlySpan<int> descriptors) =>
        Socket.SendMsg(datagram, descriptors).IsSuccess;

    internal uint Send(Opcode opcode, ReadOnlySpan<byte> body, params ReadOnlySpan<int> descriptors)
    {
        var datagram = new byte[FrameHeader.Size + body.Length];
        FrameHeader.Request(opcode, body.Length, ++_sequence).Write(datagram);
        body.CopyTo(datagram.AsSpan(FrameHeader.Size));
        Assert.True(SendRaw(datagram, descriptors));
        return _sequence;
    }

    /// <summary>The next datagram as it came, or null when the daemon has hung up.</summary>
    internal byte[]? ReceiveRaw(out FileDescriptor[] descriptors)
    {
        ReceiveResult result = Socket.RecvMsg(_buffer, _received);
        descriptors = [.. Enumerable.Range(0, _received.Count).Select(_received.Take)];
        return !result.IsSuccess || result.Bytes == 0 ? null : _buffer[..(int)result.Bytes];
    }

    /// <summary>The next reply, whose frame must be good.</summary>
    internal WireReply Receive()
    {
        byte[] datagram = ReceiveRaw(out FileDescriptor[] descriptors) ?? throw new EndOfStreamException("hung up");
        Assert.True(FrameHeader.TryParse(datagram, out FrameHeader header, out ReadOnlySpan<byte> body));
        if (header.ReturnCode != VrtdReturnCode.Ok)
        {
            Assert.Equal(0, body.Length);
            Assert.Empty(descriptors);
        }

        return new WireReply(header.ReturnCode, header.Sequence, body.ToArray(), descriptors);
    }

    internal WireReply Ask(Opcode opcode, ReadOnlySpan<byte> body, params ReadOnlySpan<int> descriptors)
    {
        uint sequence = Send(opcode, body, descriptors);
        WireReply reply = Receive();
        Assert.Equal(sequence, reply.Sequence);
        return reply;
    }

    internal VrtdReturnCode CodeOf(Opcode opcode, ReadOnlySpan<byte> body, params ReadOnlySpan<int> descriptors)
    {
        using WireReply reply = Ask(opcode, body, descriptors);
        return reply.Code;
    }

    /// <summary>Whether the daemon has hung up, which is waited for.</summary>
    internal bool IsHungUp()
    {
        byte[]? datagram = ReceiveRaw(out FileDescriptor[] descriptors);
        foreach (FileDescriptor descriptor in descriptors)
            descriptor.Dispose();
        return datagram is null;
    }

    internal WireReply Open(
        ulong size,
        BufferAllocType type = BufferAllocType.Ddr,
        BufferAllocDirection direction = BufferAllocDirection.Bidirectional,
        ulong argument = 0,
        uint device = 0,
        WireShape shape = WireShape.V1,
        QdmaChannel channel = QdmaChannel.Auto)
    {
        var body = new byte[BufferOpenRequest.SizeIn(shape)];
        new BufferOpenRequest(device, type, direction, channel, argument, size).Write(body, shape);
        return Ask(Opcode.BufferOpen, body);
    }

    internal WireReply OpenRaw(
        ulong address,
        ulong size,
        BufferAllocDirection direction = BufferAllocDirection.Bidirectional,
        uint device = 0,
        WireShape shape = WireShape.V1)
    {
        var body = new byte[BufferOpenRawRequest.SizeIn(shape)];
        new BufferOpenRawRequest(device, direction, QdmaChannel.Auto, address, size).Write(body, shape);
        return Ask(Opcode.BufferOpenRaw, body);
    }

    internal VrtdReturnCode Close(ulong address, ulong size, uint device = 0)
    {
        var body = new byte[BufferCloseRequest.Size];
        new BufferCloseRequest(device, address, size).Write(body);
        return CodeOf(Opcode.BufferClose, body);
    }

    internal WireReply AskDevice(Opcode opcode, uint device = 0)
    {
        var body = new byte[UInt32Body.Size];
        new UInt32Body(device).Write(body);
        return Ask(opcode, body);
    }
}
