using System.Buffers.Binary;
using System.Collections.Concurrent;
using Scatterlist.HostFd;
using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Tests;

/// <summary>
/// A daemon that answers what a test tells it to: lies, silence and death included. Everything the test does not care
/// about is answered as a correct version 1 daemon with one device would.
/// </summary>
internal sealed class FakeDaemon : IDisposable
{
    public const ulong Granule = 64 << 20;
    public const ulong DdrBase = 0x600_0000_0000;

    private readonly UnixSocket _socket;
    private readonly Func<FakeRequest, FakeReply?> _script;
    private readonly Thread _thread;
    private readonly ManualResetEvent _ending = new(false);
    private readonly HostBuffer _memory;
    private readonly ConcurrentQueue<FakeRequest> _requests = new();

    public FakeDaemon(Func<FakeRequest, FakeReply?>? script = null, SessionOptions? options = null)
    {
        MemoryName = "fake-" + Guid.NewGuid().ToString("N");
        _memory = HostBuffer.Allocate(1 << 16, new HostBufferOptions { IsShareable = true, Name = MemoryName });
        _script = script ?? (static _ => null);
        (_socket, UnixSocket client) = UnixSocket.CreatePair(UnixSocketType.SeqPacket);
        Session = Session.FromSocket(
            client, options ?? new SessionOptions { RequestTimeout = TimeSpan.FromSeconds(20) });
        _thread = new Thread(Run) { IsBackground = true };
        _thread.Start();
    }

    public Session Session { get; }

    /// <summary>The name of the memfd whose duplicates are handed out, as /proc/self/fd shows it.</summary>
    public string MemoryName { get; }

    public IReadOnlyList<FakeRequest> Requests => [.. _requests];

    /// <summary>How many duplicates of the memory this process holds beyond the daemon's own.</summary>
    public int LeakedDescriptors => FdCounter.Count(MemoryName) - 1;

    public IReadOnlyList<int> LengthsOf(Opcode opcode) =>
        [.. Requests.Where(request => request.Opcode == opcode).Select(request => request.Body.Length)];

    public static byte[] DeviceInfo(WireShape shape, ShellType shell = ShellType.Unknown, bool isJtagBoot = false)
    {
        byte[] body = new byte[DeviceInfoResponse.SizeIn(shape)];
        new DeviceInfoResponse("slash_ctl0", "0000:65:00", 0x10EE, 0x50B4, 0x10EE, 0x000E, shell, isJtagBoot)
            .Write(body, shape);
        return body;
    }

    public static byte[] BufferOpened(WireShape shape, ulong size = Granule, ulong address = DdrBase, uint queues = 1)
    {
        byte[] body = new byte[BufferOpenResponse.SizeIn(shape)];
        new BufferOpenResponse(size, address, queues).Write(body, shape);
        return body;
    }

    /// <summary>What a correct version 1 daemon answers.</summary>
    public static FakeReply Correct(FakeRequest request) => request.Opcode switch
    {
        Opcode.GetNumDevices => FakeReply.Of(1, 0, 0, 0),
        Opcode.GetDeviceInfo => new FakeReply { Body = DeviceInfo(WireShape.V1) },
        Opcode.BufferOpen => FakeReply.WithDescriptor(BufferOpened(WireShape.V1)),
        Opcode.BufferOpenRaw => FakeReply.WithDescriptor(0),
        Opcode.QdmaQueuePairAdd => new FakeReply { Body = request.Body[4..] },
        Opcode.QdmaQueuePairGetFd => FakeReply.WithDescriptor(0),
        Opcode.GetBarInfo => new FakeReply { Body = new byte[BarInfoResponse.Size] },
        Opcode.GetBarFd => FakeReply.WithDescriptor(0, 0x10, 0, 0, 0, 0, 0, 0),
        Opcode.QdmaGetInfo => new FakeReply { Body = new byte[QdmaInfoResponse.SizeIn(WireShape.V1)] },
        Opcode.GetSensorInfo => FakeReply.Of(0, 0, 0, 0),
        Opcode.ClockOperation => FakeReply.Of(0, 0xE1, 0xF5, 5),
        Opcode.GetDeviceByBdf => FakeReply.Of(0, 0, 0, 0),
        > Opcode.BufferOpenRaw => FakeReply.Refusal(VrtdReturnCode.BadRequest),
        _ => FakeReply.Done,
    };

    public void Dispose()
    {
        Session.Dispose();
        _socket.Dispose();
        _ending.Set(); // a test that failed has not woken it
        _thread.Join();
        _ending.Dispose();
        _memory.Dispose();
    }

    private void Run()
    {
        try
        {
            Serve();
        }
        catch (ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private void Serve()
    {
        byte[] buffer = new byte[8192];
        using ReceivedDescriptors descriptors = new();
        while (true)
        {
            ReceiveResult received = _socket.RecvMsg(buffer, descriptors);
            if (!received.IsSuccess || received.Bytes == 0)
                return;
            Assert.True(FrameHeader.TryParse(
                buffer.AsSpan(0, (int)received.Bytes), out FrameHeader header, out ReadOnlySpan<byte> body));
            FakeRequest request = new(header.Opcode, header.Sequence, body.ToArray(), descriptors.Count);
            _requests.Enqueue(request);
            FakeReply reply = _script(request) ?? Correct(request);
            if (reply.After is { } wake)
                WaitHandle.WaitAny([wake, _ending]);
            if (!reply.IsSilent && !Send(request, reply))
                return;
            if (reply.HangsUp)
            {
                _socket.Dispose();
                return;
            }
        }
    }

    private bool Send(FakeRequest request, FakeReply reply)
    {
        byte[] frame = new byte[FrameHeader.Size + reply.Body.Length];
        BinaryPrimitives.WriteUInt16LittleEndian(frame, (ushort)(reply.Body.Length + reply.StatedExtra));
        BinaryPrimitives.WriteUInt16LittleEndian(frame.AsSpan(2), reply.Code);
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(4), reply.Sequence ?? request.Sequence);
        reply.Body.CopyTo(frame.AsSpan(FrameHeader.Size));
        int[] descriptors = new int[reply.Descriptors];
        Array.Fill(descriptors, _memory.Descriptor!.Value);
        return _socket.SendMsg(frame.AsSpan(0, reply.CutTo ?? frame.Length), descriptors).IsSuccess;
    }
}
