using Scatterlist.Testing;

namespace Scatterlist.HostFd.Tests.Sockets;

public class DescriptorPassingTests
{
    [Theory]
    [InlineData(UnixSocketType.Stream, 1)]
    [InlineData(UnixSocketType.Stream, 253)]
    [InlineData(UnixSocketType.Datagram, 2)]
    [InlineData(UnixSocketType.SeqPacket, 3)]
    [InlineData(UnixSocketType.SeqPacket, 253)]
    public void Descriptors_arrive_in_order_and_refer_to_the_same_files(UnixSocketType type, int count)
    {
        (UnixSocket a, UnixSocket b) = UnixSocket.CreatePair(type);
        using (a)
        using (b)
        using (var received = new ReceivedDescriptors())
        {
            FileDescriptor[] sent = [.. Enumerable.Range(0, count).Select(_ => TestCalls.MemFd())];
            for (int i = 0; i < count; i++)
                TestCalls.SetContents(sent[i], BitConverter.GetBytes(i));
            Assert.Equal(IoResult.Success(1), a.SendMsg([42], sent.Select(fd => fd.Value).ToArray()));
            foreach (FileDescriptor fd in sent)
                fd.Dispose(); // what is under way stays open
            var buffer = new byte[4];
            ReceiveResult result = b.RecvMsg(buffer, received);
            Assert.Equal(1ul, result.Bytes);
            Assert.False(result.IsControlTruncated);
            Assert.Equal(count, received.Count);
            for (int i = 0; i < count; i++)
            {
                Assert.True(TestCalls.IsCloseOnExec(received[i]));
                using FileDescriptor taken = received.Take(i);
                Assert.Equal(BitConverter.GetBytes(i), TestCalls.Contents(taken));
                Assert.Equal(-1, received[i]);
            }
        }
    }

    [Fact]
    public void Too_many_and_bad_descriptors_are_refused_and_nothing_is_sent()
    {
        (UnixSocket a, UnixSocket b) = UnixSocket.CreatePair();
        using (a)
        using (b)
        {
            int own = a.Descriptor.Value;
            Assert.Equal(Errno.EINVAL, a.SendMsg([1], Enumerable.Repeat(own, 254).ToArray()).Errno);
            Assert.Equal(Errno.EBADF, a.SendMsg([1], [own, -1]).Errno);
            Assert.Equal(Errno.EAGAIN, b.RecvMsg(new byte[4], flags: MessageFlags.DontWait).Errno);
        }
    }

    [Fact]
    public void What_nobody_took_is_closed_by_the_next_receive_by_clear_and_by_dispose()
    {
        (UnixSocket a, UnixSocket b) = UnixSocket.CreatePair();
        using FileDescriptor file = TestCalls.MemFd("unclaimed-descriptors");
        FdCounter counter = FdCounter.Start("unclaimed-descriptors");
        using (a)
        using (b)
        {
            var received = new ReceivedDescriptors(4);
            var buffer = new byte[4];
            for (int i = 0; i < 3; i++)
            {
                a.SendMsg([1], [file.Value, file.Value]);
                b.RecvMsg(buffer, received);
                Assert.Equal(2, received.Count);
                Assert.Equal(2, counter.GetNew().Count);
            }

            received.Clear();
            counter.AssertNothingNew();
            a.SendMsg([1], [file.Value]);
            b.RecvMsg(buffer, received);
            FileDescriptor taken = received.Take(0);
            received.Dispose();
            received.Dispose();
            Assert.True(TestCalls.IsOpen(taken.Value)); // it is the taker's
            Assert.Throws<ObjectDisposedException>(() => b.RecvMsg(buffer, received));
            taken.Dispose();
            counter.AssertNothingNew();
        }
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 4)]
    [InlineData(3, 4)]
    public void Descriptors_without_room_are_reported_and_closed(int capacity, int count)
    {
        string name = $"surplus-{capacity}-{count}";
        (UnixSocket a, UnixSocket b) = UnixSocket.CreatePair();
        using FileDescriptor file = TestCalls.MemFd(name);
        FdCounter counter = FdCounter.Start(name);
        using (a)
        using (b)
        using (var received = new ReceivedDescriptors(capacity))
        {
            a.SendMsg([1], Enumerable.Repeat(file.Value, count).ToArray());
            ReceiveResult result = b.RecvMsg(new byte[4], received);
            Assert.True(result.IsControlTruncated);
            Assert.Equal(1ul, result.Bytes);
            Assert.Equal(capacity, received.Count);
            Assert.Equal(capacity, counter.GetNew().Count);
        }

        counter.AssertNothingNew();
    }

    [Fact]
    public void A_receive_without_room_for_any_says_so_and_leaks_none()
    {
        (UnixSocket a, UnixSocket b) = UnixSocket.CreatePair();
        using FileDescriptor file = TestCalls.MemFd("no-room");
        FdCounter counter = FdCounter.Start("no-room");
        using (a)
        using (b)
        {
            a.SendMsg([1], [file.Value]);
            ReceiveResult result = b.RecvMsg(new byte[4]);
            Assert.True(result.IsControlTruncated);
            Assert.False(result.IsEndOfFile);
            counter.AssertNothingNew();
        }
    }

    [Fact]
    public void Descriptors_that_are_never_received_are_closed_with_the_socket()
    {
        (UnixSocket a, UnixSocket b) = UnixSocket.CreatePair();
        (FileDescriptor read, FileDescriptor write) = TestCalls.Pipe();
        using (read)
        {
            a.SendMsg([1], [write.Value]);
            write.Dispose();
            a.Dispose();
            b.Dispose();
            Assert.Equal(IoResult.EndOfFile(), HostIO.Preadv2(read, new byte[1])); // no writer is left
        }
    }

    [Fact]
    public void Messages_with_descriptors_do_not_coalesce_on_a_stream()
    {
        (UnixSocket a, UnixSocket b) = UnixSocket.CreatePair(UnixSocketType.Stream);
        using (a)
        using (b)
        using (var received = new ReceivedDescriptors())
        {
            a.SendMsg([1], [a.Descriptor.Value]);
            a.SendMsg([2], [a.Descriptor.Value, b.Descriptor.Value]);
            a.SendMsg([3]);
            var buffer = new byte[8];
            Assert.Equal(1ul, b.RecvMsg(buffer, received).Bytes);
            Assert.Equal(1, received.Count);
            ulong next = b.RecvMsg(buffer, received).Bytes;
            Assert.Equal(2, received.Count);
            Assert.Equal(2, buffer[0]);
            Assert.InRange(next, 1ul, 2ul);
        }
    }

    [Fact]
    public void A_zero_length_receive_takes_the_descriptors_of_a_stream()
    {
        (UnixSocket a, UnixSocket b) = UnixSocket.CreatePair(UnixSocketType.Stream);
        using (a)
        using (b)
        using (var received = new ReceivedDescriptors())
        {
            a.SendMsg([1], [a.Descriptor.Value]);
            ReceiveResult result = b.RecvMsg([], received);
            Assert.Equal(0ul, result.Bytes);
            Assert.False(result.IsEndOfFile);
            Assert.Equal(1, received.Count);
        }
    }

    [Fact]
    public void Peek_gives_duplicates_and_leaves_the_message_with_its_own()
    {
        (UnixSocket a, UnixSocket b) = UnixSocket.CreatePair();
        using (a)
        using (b)
        using (var peeked = new ReceivedDescriptors())
        using (var received = new ReceivedDescriptors())
        {
            a.SendMsg([1], [a.Descriptor.Value]);
            Assert.Equal(1ul, b.RecvMsg(new byte[4], peeked, MessageFlags.Peek).Bytes);
            Assert.Equal(1ul, b.RecvMsg(new byte[4], received).Bytes);
            Assert.Equal(1, peeked.Count);
            Assert.Equal(1, received.Count);
            Assert.NotEqual(peeked[0], received[0]);
        }
    }

    [Fact]
    public void An_empty_packet_with_a_descriptor_is_not_the_end_of_the_file()
    {
        (UnixSocket a, UnixSocket b) = UnixSocket.CreatePair();
        using (a)
        using (b)
        using (var received = new ReceivedDescriptors())
        {
            a.SendMsg([], [a.Descriptor.Value]);
            ReceiveResult result = b.RecvMsg(new byte[4], received);
            Assert.False(result.IsEndOfFile);
            Assert.Equal(1, received.Count);
        }
    }

    [Fact]
    public void Credentials_come_with_each_message_when_asked_for()
    {
        (UnixSocket a, UnixSocket b) = UnixSocket.CreatePair();
        using (a)
        using (b)
        using (var received = new ReceivedDescriptors(1))
        {
            a.SendMsg([1]);
            b.RecvMsg(new byte[4], received);
            Assert.Null(received.Credentials);
            b.IsReceivingCredentials = true;
            a.SendMsg([1], [a.Descriptor.Value]);
            ReceiveResult result = b.RecvMsg(new byte[4], received);
            Assert.False(result.IsControlTruncated);
            Assert.Equal(1, received.Count);
            Assert.Equal(
                new PeerCredentials(TestCalls.GetProcessId(), TestCalls.GetUserId(), TestCalls.GetGroupId()),
                received.Credentials);
            Assert.Equal(received.Credentials, a.PeerCredentials);
        }
    }
}
