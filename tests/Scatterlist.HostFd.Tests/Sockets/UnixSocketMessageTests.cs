using Scatterlist.Testing;

namespace Scatterlist.HostFd.Tests.Sockets;

public class UnixSocketMessageTests
{
    public static TheoryData<UnixSocketType> AllTypes =>
        [UnixSocketType.Stream, UnixSocketType.Datagram, UnixSocketType.SeqPacket];

    [Theory]
    [MemberData(nameof(AllTypes))]
    public void A_pair_carries_bytes_both_ways(UnixSocketType type)
    {
        (UnixSocket a, UnixSocket b) = UnixSocket.CreatePair(type);
        using (a)
        using (b)
        {
            Span<byte> buffer = stackalloc byte[16];
            Assert.Equal(IoResult.Success(3), a.SendMsg([1, 2, 3]));
            Assert.Equal(3ul, b.RecvMsg(buffer).Bytes);
            Assert.Equal([1, 2, 3], buffer[..3].ToArray());
            Assert.Equal(IoResult.Success(2), b.SendMsg([9, 8]));
            Assert.Equal(2ul, a.RecvMsg(buffer).Bytes);
            Assert.Equal([9, 8], buffer[..2].ToArray());
        }
    }

    [Theory]
    [InlineData(UnixSocketType.Datagram)]
    [InlineData(UnixSocketType.SeqPacket)]
    public void Packets_keep_their_boundaries_and_tell_when_they_are_cut(UnixSocketType type)
    {
        (UnixSocket a, UnixSocket b) = UnixSocket.CreatePair(type);
        using (a)
        using (b)
        {
            a.SendMsg([1, 2, 3, 4]);
            a.SendMsg([5]);
            Span<byte> buffer = stackalloc byte[2];
            ReceiveResult cut = b.RecvMsg(buffer);
            Assert.True(cut.IsTruncated);
            Assert.Equal(2ul, cut.Bytes);
            ReceiveResult next = b.RecvMsg(buffer);
            Assert.False(next.IsTruncated);
            Assert.Equal(1ul, next.Bytes);
            Assert.Equal(5, buffer[0]);
        }
    }

    [Theory]
    [MemberData(nameof(AllTypes))]
    public void DontWait_reports_EAGAIN_on_an_empty_socket_and_on_a_full_one(UnixSocketType type)
    {
        (UnixSocket a, UnixSocket b) = UnixSocket.CreatePair(type);
        using (a)
        using (b)
        {
            Assert.Equal(Errno.EAGAIN, b.RecvMsg(new byte[4], flags: MessageFlags.DontWait).Errno);
            var data = new byte[4096];
            IoResult sent = IoResult.Success(0);
            for (int i = 0; i < 10_000 && sent.IsSuccess; i++)
                sent = a.SendMsg(data, flags: MessageFlags.DontWait);
            Assert.Equal(Errno.EAGAIN, sent.Errno);
        }
    }

    [Theory]
    [InlineData(UnixSocketType.Stream)]
    [InlineData(UnixSocketType.SeqPacket)]
    public void A_closed_peer_is_the_end_of_the_file_and_then_EPIPE_without_a_signal(UnixSocketType type)
    {
        (UnixSocket a, UnixSocket b) = UnixSocket.CreatePair(type);
        using (b)
        {
            a.SendMsg([7]);
            a.Dispose();
            var buffer = new byte[4];
            Assert.Equal(1ul, b.RecvMsg(buffer).Bytes);
            ReceiveResult end = b.RecvMsg(buffer);
            Assert.True(end.IsSuccess);
            Assert.True(end.IsEndOfFile);
            Assert.Equal(Errno.EPIPE, b.SendMsg([1]).Errno);
        }
    }

    [Theory]
    [MemberData(nameof(AllTypes))]
    public void Peek_leaves_the_message(UnixSocketType type)
    {
        (UnixSocket a, UnixSocket b) = UnixSocket.CreatePair(type);
        using (a)
        using (b)
        {
            a.SendMsg([1, 2, 3]);
            var buffer = new byte[3];
            Assert.Equal(3ul, b.RecvMsg(buffer, flags: MessageFlags.Peek).Bytes);
            Array.Clear(buffer);
            Assert.Equal(3ul, b.RecvMsg(buffer).Bytes);
            Assert.Equal([1, 2, 3], buffer);
        }
    }

    [Fact]
    public void Shutdown_then_receive_ends_and_data_sent_before_it_still_arrive()
    {
        (UnixSocket a, UnixSocket b) = UnixSocket.CreatePair();
        using (a)
        using (b)
        {
            a.SendMsg([1]);
            Assert.Equal(Errno.None, a.Shutdown(System.Net.Sockets.SocketShutdown.Send));
            Assert.Equal(1ul, b.RecvMsg(new byte[4]).Bytes);
            Assert.True(b.RecvMsg(new byte[4]).IsEndOfFile);
            Assert.Equal(Errno.EPIPE, a.SendMsg([2]).Errno);
            Assert.Equal(IoResult.Success(1), b.SendMsg([3]));
        }
    }

    [Fact]
    public void Shutdown_by_the_peer_wakes_a_blocked_receive()
    {
        (UnixSocket a, UnixSocket b) = UnixSocket.CreatePair();
        using (a)
        using (b)
        {
            ReceiveResult result = default;
            Thread receiver = Blocked.Start(() => result = b.RecvMsg(new byte[4]));
            a.Shutdown(System.Net.Sockets.SocketShutdown.Both);
            Blocked.Join(receiver);
            Assert.True(result.IsEndOfFile);
        }
    }

    [Fact]
    public void A_blocked_send_goes_on_when_the_peer_makes_room()
    {
        (UnixSocket a, UnixSocket b) = UnixSocket.CreatePair();
        using (a)
        using (b)
        {
            var data = new byte[4096];
            int queued = 0;
            while (a.SendMsg(data, flags: MessageFlags.DontWait).IsSuccess)
                queued++;
            IoResult blocked = default;
            Thread sender = Blocked.Start(() => blocked = a.SendMsg(data));
            for (int i = 0; i <= queued; i++)
                Assert.Equal(4096ul, b.RecvMsg(data.AsSpan().ToArray()).Bytes);
            Blocked.Join(sender);
            Assert.Equal(IoResult.Success(4096), blocked);
        }
    }

    [Fact]
    public void Messages_without_and_with_descriptors_allocate_nothing()
    {
        (UnixSocket a, UnixSocket b) = UnixSocket.CreatePair();
        using (a)
        using (b)
        using (var received = new ReceivedDescriptors())
        {
            var data = new byte[64];
            int[] descriptors = [a.Descriptor.Value, b.Descriptor.Value];
            AllocationMeter.AssertNone(() =>
            {
                a.SendMsg(data);
                b.RecvMsg(data);
                a.SendMsg(data, descriptors);
                b.RecvMsg(data, received);
            });
            Assert.Equal(2, received.Count);
        }
    }
}
