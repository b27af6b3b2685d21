using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using Scatterlist.HostFd;
using Scatterlist.Vrtd.DataPath;

namespace Scatterlist.Vrtd.Tests;

/// <summary>
/// The version 2 data path, against a peer that speaks the system emulation's datagrams: the same two calls that the
/// driver has, over a socket.
/// </summary>
public sealed class SystemEmulationTests
{
    private const ulong Base = 0x600_0000_0000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Any_range_arrives_exactly_and_comes_back(int queuePairs)
    {
        using Peer peer = new();
        using FileDescriptor descriptor = peer.TakeClient();
        DeviceDataPath path = DataPaths.Open(descriptor, queuePairs, "test");
        Assert.IsType<TransferPath>(path);
        using HostBuffer host = HostBuffer.Allocate(10 << 20);
        byte[] model = new byte[Peer.Size];
        SeededRandom.Run(1, random =>
        {
            for (int i = 0; i < 40; i++)
            {
                int offset = random.Next(9 << 20);
                int length = 1 + random.Next(i % 2 == 0 ? 6000 : 1 << 20);
                random.NextBytes(host.AsSpan(0, length));
                host.AsSpan(0, length).CopyTo(model.AsSpan(offset));
                Block block = new(host.Address, (nuint)length);
                Assert.Equal((nuint)length, path.Write(Base + (ulong)offset, block, out Errno errno));
                Assert.Equal(Errno.None, errno);
            }
        });
        Assert.True(model.AsSpan().SequenceEqual(peer.Device));
        Assert.Equal((nuint)Peer.Size, path.Read(Base, new Block(host.Address, Peer.Size), out _));
        Assert.True(model.AsSpan().SequenceEqual(host.AsSpan(0, Peer.Size)));
        Assert.Equal(queuePairs, peer.QueuesSeen);
        path.Release();
    }

    [Theory]
    [InlineData(Fault.WrongSequence)]
    [InlineData(Fault.WrongNumber)]
    [InlineData(Fault.Truncated)]
    [InlineData(Fault.HangUp)]
    [InlineData(Fault.SurplusDescriptor)]
    public void A_peer_that_breaks_the_rules_is_no_device_for_good(Fault fault)
    {
        using Peer peer = new();
        using FileDescriptor descriptor = peer.TakeClient();
        DeviceDataPath path = DataPaths.Open(descriptor, 1, "test");
        using HostBuffer host = HostBuffer.Allocate(4096);
        peer.Fault = fault;

        Assert.Equal((nuint)0, path.Write(Base, new Block(host.Address, 10), out Errno first));
        peer.Fault = Fault.None;
        Assert.Equal((nuint)0, path.Write(Base, new Block(host.Address, 10), out Errno second));
        Assert.Equal((Errno.ENODEV, Errno.ENODEV), (first, second));
        path.Release();
    }

    [Fact]
    public void An_error_of_the_device_is_reported_and_passes()
    {
        using Peer peer = new();
        using FileDescriptor descriptor = peer.TakeClient();
        DeviceDataPath path = DataPaths.Open(descriptor, 1, "test");
        using HostBuffer host = HostBuffer.Allocate(4096);
        peer.Fault = Fault.Errno;
        Assert.Equal((nuint)0, path.Write(Base, new Block(host.Address, 10), out Errno first));
        peer.Fault = Fault.None;
        Assert.Equal((nuint)10, path.Write(Base, new Block(host.Address, 10), out Errno second));

        Assert.Equal((Errno.EIO, Errno.None), (first, second));
        path.Release();
    }

    [Fact]
    public void A_peer_without_host_memory_is_refused()
    {
        using Peer peer = new() { Fault = Fault.Errno };
        using FileDescriptor descriptor = peer.TakeClient();

        VrtdException refused = Assert.Throws<VrtdException>(() => DataPaths.Open(descriptor, 1, "test"));

        Assert.Contains("made no host memory", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_socket_of_another_family_is_refused_and_leaves_nothing_open()
    {
        using System.Net.Sockets.Socket tcp = new(
            System.Net.Sockets.AddressFamily.InterNetwork, System.Net.Sockets.SocketType.Stream, default);
        using FileDescriptor descriptor = FileDescriptor.DuplicateOf((int)tcp.Handle);
        string name = new FileInfo($"/proc/self/fd/{descriptor.Value}").LinkTarget!;
        int before = FdCounter.Count(name);

        VrtdException refused = Assert.Throws<VrtdException>(() => DataPaths.Open(descriptor, 1, "test"));

        Assert.Equal(Errno.EAFNOSUPPORT, refused.Errno);
        Assert.Equal(before, FdCounter.Count(name));
    }

    [Fact]
    public void Host_memory_shorter_than_asked_is_refused()
    {
        using Peer peer = new() { Fault = Fault.ShortMemory };
        using FileDescriptor descriptor = peer.TakeClient();

        VrtdException refused = Assert.Throws<VrtdException>(() => DataPaths.Open(descriptor, 1, "test"));

        Assert.Equal(Errno.ENODEV, refused.Errno);
    }

    [Fact]
    public void Host_memory_that_the_peer_cuts_off_later_is_an_error_and_not_the_process_end()
    {
        using Peer peer = new();
        using FileDescriptor descriptor = peer.TakeClient();
        DeviceDataPath path = DataPaths.Open(descriptor, 1, "test");
        using HostBuffer host = HostBuffer.Allocate(4096);
        peer.CutMemory();

        Assert.Equal((nuint)0, path.Write(Base, new Block(host.Address, 10), out Errno write));
        Assert.Equal(Errno.EFAULT, write);
        path.Release();
    }

    public enum Fault
    {
        None,
        Errno,
        WrongSequence,
        WrongNumber,
        Truncated,
        HangUp,
        SurplusDescriptor,
        ShortMemory,
    }

    private sealed class Peer : IDisposable
    {
        public const int Size = 10 << 20;

        private readonly UnixSocket _socket;
        private readonly UnixSocket _client;
        private readonly Thread _thread;
        private readonly HashSet<uint> _queues = [];
        private FileDescriptor? _memory;

        public Peer()
        {
            (_socket, _client) = UnixSocket.CreatePair(UnixSocketType.SeqPacket);
            _thread = new Thread(Serve) { IsBackground = true };
            _thread.Start();
        }

        public byte[] Device { get; } = new byte[Size];

        public volatile Fault Fault;

        public int QueuesSeen => _queues.Count;

        public FileDescriptor TakeClient() => _client.Descriptor.Duplicate();

        /// <summary>Empties the host memory that it handed out, as its owner may: it is not sealed.</summary>
        public void CutMemory() => HostFile.SetLength(_memory!, 0);

        public void Dispose()
        {
            _client.Dispose();
            _socket.Dispose();
            _thread.Join();
            _memory?.Dispose();
        }

        private void Serve()
        {
            byte[] message = new byte[256];
            using ReceivedDescriptors descriptors = new();
            try
            {
                while (true)
                {
                    ReceiveResult received = _socket.RecvMsg(message, descriptors);
                    if (!received.IsSuccess || received.Bytes == 0 || Fault == Fault.HangUp)
                    {
                        _socket.Dispose();
                        return;
                    }

                    Answer(message.AsSpan(0, (int)received.Bytes), descriptors);
                }
            }
            catch (ObjectDisposedException)
            {
                // The test is over.
            }
        }

        private void Answer(Span<byte> message, ReceivedDescriptors descriptors)
        {
            uint number = BinaryPrimitives.ReadUInt32LittleEndian(message);
            FileDescriptor? made = null;
            int result = 0;
            if (Fault == Fault.Errno)
                result = -(int)Errno.EIO;
            else if (number == TransferMessage.CreateNumber)
                made = _memory = MakeMemory(
                    BinaryPrimitives.ReadUInt64LittleEndian(message[24..]) - (Fault == Fault.ShortMemory ? 1ul : 0));
            else
                result = Transfer(message[16..], descriptors);
            BinaryPrimitives.WriteInt32LittleEndian(message[8..], result);
            if (Fault == Fault.WrongNumber)
                message[0]++;
            if (Fault == Fault.WrongSequence)
                message[4]++;
            Span<byte> reply = Fault == Fault.Truncated ? message[..^1] : message;
            if (made is not null)
                Assert.True(_socket.SendMsg(reply, [made.Value]).IsSuccess);
            else if (Fault == Fault.SurplusDescriptor)
                Assert.True(_socket.SendMsg(reply, [_socket.Descriptor.Value]).IsSuccess);
            else
                Assert.True(_socket.SendMsg(reply).IsSuccess);
        }

        private static FileDescriptor MakeMemory(ulong length)
        {
            using TempDirectory directory = new();
            FileDescriptor memory = HostFile.Open(
                Path.Combine(directory.Path, "memory"), OpenFlags.ReadWrite | OpenFlags.Create);
            HostFile.SetLength(memory, length);
            return memory;
        }

        private int Transfer(Span<byte> body, ReceivedDescriptors descriptors)
        {
            using FileDescriptor buffer = descriptors.Take(0);
            using SafeFileHandle file = buffer.ToSafeFileHandle();
            int moved = 0;
            for (int i = 0; i < BinaryPrimitives.ReadInt32LittleEndian(body[4..]); i++)
            {
                Span<byte> piece = body.Slice(8 + (i * 40), 40);
                _queues.Add(BinaryPrimitives.ReadUInt32LittleEndian(piece));
                Assert.Equal(0, BinaryPrimitives.ReadInt32LittleEndian(piece[8..]));
                long hostOffset = BinaryPrimitives.ReadInt64LittleEndian(piece[16..]);
                Assert.Equal(0, hostOffset % 4096);
                Span<byte> device = Device.AsSpan(
                    (int)(BinaryPrimitives.ReadUInt64LittleEndian(piece[24..]) - Base),
                    (int)BinaryPrimitives.ReadInt64LittleEndian(piece[32..]));
                if (BinaryPrimitives.ReadUInt32LittleEndian(piece[4..]) == TransferMessage.DirectionToDevice)
                    Assert.Equal(device.Length, RandomAccess.Read(file, device, hostOffset));
                else
                    RandomAccess.Write(file, device, hostOffset);
                moved += device.Length;
            }

            return moved;
        }
    }
}
