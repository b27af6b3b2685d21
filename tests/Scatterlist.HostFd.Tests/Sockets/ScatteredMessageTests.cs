using Scatterlist.HostFd.Tests.IO;
using Scatterlist.Testing;

namespace Scatterlist.HostFd.Tests.Sockets;

public class ScatteredMessageTests
{
    [Theory]
    [InlineData(1, 64, 64)]
    [InlineData(64, 64, 4096)]
    [InlineData(1024, 16, 1)]
    [InlineData(1025, 16, 1)]
    [InlineData(4096, 4, 3)]
    public void A_message_stays_whole_over_any_number_of_blocks(int count, int length, int gap)
    {
        (UnixSocket a, UnixSocket b) = UnixSocket.CreatePair();
        using (a)
        using (b)
        using (var from = Arena.Uniform(count, length, gap))
        using (var to = Arena.Uniform(count, length, gap))
        {
            byte[] data = Bytes.Pattern(count * length);
            from.Fill(data);
            Assert.Equal(IoResult.Success((ulong)data.Length), a.SendMsg(from.Sequence));
            ReceiveResult result = b.RecvMsg(to.Sequence);
            Assert.Equal((ulong)data.Length, result.Bytes);
            Assert.False(result.IsTruncated);
            Assert.Equal(data, to.ToArray());
            Assert.Equal(Errno.EAGAIN, b.RecvMsg(new byte[1], flags: MessageFlags.DontWait).Errno);
        }
    }

    [Fact]
    public void Windows_and_memory_that_may_fault_are_sent_and_received()
    {
        (UnixSocket a, UnixSocket b) = UnixSocket.CreatePair();
        using (a)
        using (b)
        using (var arena = Arena.Uniform(2000, 3, gap: 1))
        {
            byte[] data = Bytes.Pattern(6000);
            arena.Fill(data);
            var received = new byte[7000];
            BlockSequence window = new BlockSequence(arena.Blocks, mayFault: true).DropFirst(4).TakeFirst(5000);
            Assert.Equal(IoResult.Success(5000), a.SendMsg(window));
            Assert.Equal(5000ul, b.RecvMsg(received).Bytes);
            Assert.Equal(data[4..5004], received[..5000]);
            Assert.Equal(IoResult.Success(3), a.SendMsg([1, 2, 3]));
            Assert.Equal(3ul, b.RecvMsg(window).Bytes);
            Assert.Equal([1, 2, 3], Arena.ToArray(arena.Sequence.DropFirst(4).TakeFirst(3)));
        }
    }

    [Fact]
    public void A_fault_behind_the_thousandth_block_sends_nothing()
    {
        (UnixSocket a, UnixSocket b) = UnixSocket.CreatePair();
        using GuardedMemory bad = GuardedMemory.NoAccess(4096);
        using (a)
        using (b)
        using (var arena = Arena.Uniform(2000, 3, gap: 1))
        {
            Block[] blocks = [.. arena.Blocks, bad.AcrossEnd(0, 8)];
            Assert.Equal(Errno.EFAULT, a.SendMsg(new BlockSequence(blocks, mayFault: true)).Errno);
            Assert.Equal(Errno.EAGAIN, b.RecvMsg(new byte[1], flags: MessageFlags.DontWait).Errno);
        }
    }

    [Fact]
    public void A_message_past_the_send_buffer_is_EMSGSIZE()
    {
        (UnixSocket a, UnixSocket b) = UnixSocket.CreatePair();
        using (a)
        using (b)
            Assert.Equal(Errno.EMSGSIZE, a.SendMsg(new byte[16 << 20]).Errno);
    }

    [Fact]
    public void Scattered_messages_allocate_nothing_with_and_without_the_bounce_buffer()
    {
        (UnixSocket a, UnixSocket b) = UnixSocket.CreatePair();
        using (a)
        using (b)
        using (var few = Arena.Uniform(100, 8, gap: 1))
        using (var many = Arena.Uniform(1500, 8, gap: 1))
        {
            AllocationMeter.AssertNone(() =>
            {
                a.SendMsg(few.Sequence);
                b.RecvMsg(few.Sequence);
                a.SendMsg(many.Sequence);
                b.RecvMsg(many.Sequence);
            });
        }
    }
}
