using Scatterlist.Testing;

namespace Scatterlist.HostFd.Tests.IO;

/// <summary>
/// Blocks that reach into memory that cannot be touched: a short count, then EFAULT, never a dead process.
/// </summary>
public class BadMemoryTests
{
    public static TheoryData<bool, bool, int, int> Cases
    {
        get
        {
            // vectored, positional, good bytes, all bytes
            var cases = new TheoryData<bool, bool, int, int>();
            foreach (bool vectored in new[] { false, true })
            {
                foreach (bool positional in new[] { false, true })
                {
                    cases.Add(vectored, positional, 16, 32);
                    cases.Add(vectored, positional, 4096, 12288);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_read_stops_where_the_memory_does(bool vectored, bool positional, int good, int all)
    {
        using GuardedMemory memory = GuardedMemory.NoAccess(4096);
        using FileDescriptor file = TestCalls.MemFd();
        byte[] data = Bytes.Pattern(all);
        TestCalls.SetContents(file, data);
        Block[] blocks = Split(memory.AcrossEnd((nuint)good, (nuint)(all - good)), vectored);
        IoResult result = HostIO.Preadv2(file, new BlockSequence(blocks, mayFault: true), positional ? 0 : -1);
        Assert.Equal(IoResult.Success((ulong)good), result);
        Assert.Equal(data[..good], memory.Last((nuint)good).AsSpan().ToArray());
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_write_stops_where_the_memory_does(bool vectored, bool positional, int good, int all)
    {
        using GuardedMemory memory = GuardedMemory.PastEndOfFile(4096);
        using FileDescriptor file = TestCalls.MemFd();
        byte[] data = Bytes.Pattern(good);
        data.CopyTo(memory.Last((nuint)good).AsSpan());
        Block[] blocks = Split(memory.AcrossEnd((nuint)good, (nuint)(all - good)), vectored);
        var sequence = new BlockSequence(blocks, mayFault: true);
        Assert.Equal(IoResult.Success((ulong)good), HostIO.Pwritev2(file, sequence, positional ? 0 : -1));
        Assert.Equal(data, TestCalls.Contents(file));
        IoResult full = HostIO.WriteFully(file, sequence, 0, out ulong done);
        Assert.Equal(Errno.EFAULT, full.Errno);
        Assert.Equal((ulong)good, done);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Memory_that_is_bad_from_its_first_byte_is_EFAULT(bool vectored)
    {
        using GuardedMemory memory = GuardedMemory.NoAccess(4096);
        using FileDescriptor file = TestCalls.MemFd();
        TestCalls.SetContents(file, new byte[64]);
        var sequence = new BlockSequence(Split(new Block(memory.FaultAddress, 64), vectored), mayFault: true);
        Assert.Equal(Errno.EFAULT, HostIO.Preadv2(file, sequence, 0).Errno);
        Assert.Equal(Errno.EFAULT, HostIO.Pwritev2(file, sequence, 0).Errno);
        Assert.Equal(Errno.EFAULT, HostIO.Pwritev2(file, new BlockSequence(new Block(8, 64), mayFault: true), 0).Errno);
    }

    [Fact]
    public void A_message_is_all_or_nothing()
    {
        using GuardedMemory memory = GuardedMemory.NoAccess(4096);
        (UnixSocket a, UnixSocket b) = UnixSocket.CreatePair(UnixSocketType.SeqPacket);
        using (a)
        using (b)
        {
            var across = new BlockSequence(memory.AcrossEnd(100, 100), mayFault: true);
            Assert.Equal(Errno.EFAULT, a.SendMsg(across).Errno);
            Assert.Equal(Errno.EAGAIN, b.RecvMsg(new byte[8], flags: MessageFlags.DontWait).Errno);
        }
    }

    [Fact]
    public async Task Input_and_output_go_on_while_mappings_come_and_go()
    {
        using FileDescriptor file = TestCalls.MemFd();
        TestCalls.SetContents(file, new byte[4096]);
        using var stop = new CancellationTokenSource();
        Task mapping = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
                HostBuffer.Allocate(1 << 16).Dispose();
        });
        using var arena = Arena.Uniform(64, 64, gap: 1);
        for (int i = 0; i < 2000; i++)
        {
            Assert.Equal(IoResult.Success(4096), HostIO.Preadv2(file, arena.Sequence, 0));
            Assert.Equal(IoResult.Success(4096), HostIO.Pwritev2(file, arena.Sequence, 0));
        }

        await stop.CancelAsync();
        await mapping;
    }

    private static Block[] Split(Block block, bool vectored) =>
        vectored ? [block.TakeFirst(block.Length / 2 - 3), block.DropFirst(block.Length / 2 - 3)] : [block];
}
