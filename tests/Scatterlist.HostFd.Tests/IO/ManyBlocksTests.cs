using Scatterlist.Testing;

namespace Scatterlist.HostFd.Tests.IO;

/// <summary>Around and past the 1024 blocks of one system call.</summary>
public class ManyBlocksTests
{
    [Theory]
    [InlineData(1023)]
    [InlineData(1024)]
    [InlineData(1025)]
    [InlineData(2048)]
    [InlineData(2049)]
    [InlineData(4096)]
    public void Any_number_of_blocks_moves_in_one_request_on_a_file(int count)
    {
        using FileDescriptor file = TestCalls.MemFd();
        using var source = Arena.Uniform(count, 16, gap: 1);
        using var destination = Arena.Uniform(count, 16, gap: 1);
        byte[] data = Bytes.Pattern(count * 16);
        source.Fill(data);
        foreach (long offset in new[] { 0L, -1L })
        {
            TestCalls.SetContents(file, []);
            Assert.Equal(IoResult.Success((ulong)data.Length), HostIO.Pwritev2(file, source.Sequence, offset));
            Assert.Equal(data, TestCalls.Contents(file));
            TestCalls.Seek(file, 0);
            destination.Sequence.Zero();
            Assert.Equal(IoResult.Success((ulong)data.Length), HostIO.Preadv2(file, destination.Sequence, offset));
            Assert.Equal(data, destination.ToArray());
            Assert.Equal(offset < 0 ? data.Length : 0, TestCalls.Position(file));
        }
    }

    [Fact]
    public void Chunks_of_unequal_bytes_are_all_moved()
    {
        // 4096 bytes in the first 1024 blocks, then 1024, then 1024: a shorter chunk is not a short transfer.
        int[] lengths = [.. Enumerable.Repeat(4, 1024), .. Enumerable.Repeat(1, 2048)];
        using FileDescriptor file = TestCalls.MemFd();
        using var source = new Arena(lengths, gap: 1);
        byte[] data = Bytes.Pattern(lengths.Sum());
        source.Fill(data);
        Assert.Equal(IoResult.Success(6144), HostIO.Pwritev2(file, source.Sequence, 0));
        using var destination = new Arena(lengths, gap: 1);
        Assert.Equal(IoResult.Success(6144), HostIO.Preadv2(file, destination.Sequence, 0));
        Assert.Equal(data, destination.ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_bad_block_in_the_second_call_leaves_the_progress_of_the_first_a_success(long offset)
    {
        using FileDescriptor file = TestCalls.MemFd();
        TestCalls.SetContents(file, Bytes.Pattern(4096));
        using var arena = Arena.Uniform(1025, 1, gap: 1);
        using GuardedMemory guarded = GuardedMemory.NoAccess(4096);
        Block[] blocks = [.. arena.Blocks[..1024], new Block(guarded.FaultAddress, 1)];
        Assert.Equal(IoResult.Success(1024), HostIO.Preadv2(file, new BlockSequence(blocks, mayFault: true), offset));
        Assert.Equal(offset < 0 ? 1024 : 0, TestCalls.Position(file));
        Assert.Equal(IoResult.Success(1024), HostIO.Pwritev2(file, new BlockSequence(blocks, mayFault: true), 0));

        // What persists shows on the next call, and the full form tells both.
        IoResult full = HostIO.ReadFully(file, new BlockSequence(blocks, mayFault: true), 0, out ulong done);
        Assert.Equal(Errno.EFAULT, full.Errno);
        Assert.Equal(1024ul, done);
        Assert.Equal(done, full.Bytes);
    }

    [Fact]
    public void A_short_first_call_is_the_last_one()
    {
        using FileDescriptor file = TestCalls.MemFd();
        using var arena = Arena.Uniform(2048, 4, gap: 1);
        using GuardedMemory guarded = GuardedMemory.NoAccess(4096);
        byte[] data = Bytes.Pattern(2048 * 4);
        arena.Fill(data);
        Block[] blocks = [.. arena.Blocks];
        blocks[600] = new Block(guarded.FaultAddress, 4);
        Assert.Equal(IoResult.Success(2400), HostIO.Pwritev2(file, new BlockSequence(blocks, mayFault: true), 0));
        Assert.Equal(data[..2400], TestCalls.Contents(file));
    }

    [Fact]
    public void The_end_of_the_file_in_the_second_call_is_a_short_success_first()
    {
        using FileDescriptor file = TestCalls.MemFd();
        TestCalls.SetContents(file, Bytes.Pattern(1024));
        using var arena = Arena.Uniform(2048, 1, gap: 1);
        IoResult result = HostIO.Preadv2(file, arena.Sequence, 0);
        Assert.Equal(IoResult.Success(1024), result);
        IoResult full = HostIO.ReadFully(file, arena.Sequence, 0, out _);
        Assert.Equal(IoResult.EndOfFile(1024), full);
    }

    [Fact]
    public void NoWait_that_cannot_go_on_after_the_first_call_reports_what_moved()
    {
        (FileDescriptor read, FileDescriptor write) = TestCalls.Pipe();
        using (read)
        using (write)
        {
            HostIO.Pwritev2(write, Bytes.Pattern(1024));
            using var arena = Arena.Uniform(2048, 1, gap: 1);
            Assert.Equal(IoResult.Success(1024), HostIO.Preadv2(read, arena.Sequence, -1, ReadWriteFlags.NoWait));
            Assert.Equal(Bytes.Pattern(1024), Arena.ToArray(arena.Sequence.TakeFirst(1024)));
            Assert.Equal(Errno.EAGAIN, HostIO.Preadv2(read, arena.Sequence, -1, ReadWriteFlags.NoWait).Errno);
        }
    }

    [Theory]
    [InlineData(1024)]
    [InlineData(2500)]
    public void A_stream_never_waits_while_it_holds_data(int available)
    {
        // All descriptors here block. Were there a second call, this test would hang.
        (FileDescriptor read, FileDescriptor write) = TestCalls.Pipe();
        (FileDescriptor first, FileDescriptor second) = TestCalls.SocketPair(1);
        using (read)
        using (write)
        using (first)
        using (second)
        using (var arena = Arena.Uniform(4096, 1, gap: 1))
        {
            byte[] data = Bytes.Pattern(available);
            foreach ((FileDescriptor from, FileDescriptor to) in new[] { (read, write), (first, second) })
            {
                HostIO.Pwritev2(to, data);
                ulong got = 0;
                while (got < (ulong)available)
                {
                    IoResult result = HostIO.Preadv2(from, arena.Sequence.DropFirst(got));
                    Assert.True(result.IsSuccess);
                    Assert.InRange(result.Bytes, 1ul, 1024ul);
                    got += result.Bytes;
                }

                Assert.Equal(data, Arena.ToArray(arena.Sequence.TakeFirst(got)));
            }
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public void A_message_socket_refuses_what_one_call_cannot_keep_whole(int type)
    {
        (FileDescriptor first, FileDescriptor second) = TestCalls.SocketPair(type);
        using (first)
        using (second)
        using (var arena = Arena.Uniform(1025, 1, gap: 1))
        {
            Assert.Equal(Errno.EMSGSIZE, HostIO.Pwritev2(first, arena.Sequence).Errno);
            Assert.Equal(IoResult.Success(1024), HostIO.Pwritev2(first, arena.Sequence.TakeFirst(1024)));
            Assert.Equal(Errno.EMSGSIZE, HostIO.Preadv2(second, arena.Sequence).Errno);
            Assert.Equal(IoResult.Success(1024), HostIO.Preadv2(second, arena.Sequence.TakeFirst(1024)));
        }
    }

    [Fact]
    public void An_atomic_write_is_never_split()
    {
        using FileDescriptor file = TestCalls.MemFd();
        using var arena = Arena.Uniform(1025, 4, gap: 4);
        Assert.Equal(Errno.EINVAL, HostIO.Pwritev2(file, arena.Sequence, 0, ReadWriteFlags.Atomic).Errno);
        Assert.Empty(TestCalls.Contents(file));
    }

    [Fact]
    public void An_append_is_one_call_that_reports_its_count()
    {
        using var directory = new TempDirectory();
        using FileDescriptor plain = HostFile.Open(directory["a"], OpenFlags.ReadWrite | OpenFlags.Create);
        using FileDescriptor appending = HostFile.Open(
            directory["b"], OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Append);
        using var arena = Arena.Uniform(1025, 4, gap: 4);
        Assert.Equal(IoResult.Success(4096), HostIO.Pwritev2(plain, arena.Sequence, 0, ReadWriteFlags.Append));
        Assert.Equal(IoResult.Success(4096), HostIO.Pwritev2(appending, arena.Sequence, 0));
        Assert.Equal(IoResult.Success(4100), HostIO.WriteFully(appending, arena.Sequence, 0, out _));
        Assert.Equal(8196, TestCalls.Contents(appending).Length);
    }

    [Fact]
    public void Blocks_that_continue_each_other_are_merged_before_they_are_counted()
    {
        (FileDescriptor first, FileDescriptor second) = TestCalls.SocketPair(5);
        using (first)
        using (second)
        using (var arena = Arena.Uniform(4096, 4))
        {
            byte[] data = Bytes.Pattern(4096 * 4);
            arena.Fill(data);
            Assert.Equal(IoResult.Success(16384), HostIO.Pwritev2(first, arena.Sequence));
            var received = new byte[20000];
            Assert.Equal(IoResult.Success(16384), HostIO.Preadv2(second, received));
            Assert.Equal(data, received[..16384]);
        }
    }

    [Fact]
    public void An_offset_that_would_run_past_the_last_ends_with_what_moved()
    {
        using FileDescriptor file = TestCalls.MemFd();
        using var arena = Arena.Uniform(2048, 1, gap: 1);
        IoResult result = HostIO.Pwritev2(file, arena.Sequence, long.MaxValue - 1030);
        if (!result.IsSuccess)
            Assert.Skip($"The file system ends before 2^63 - 1: {result.Errno}.");
        Assert.InRange(result.Bytes, 1024ul, 1030ul);
        IoResult full = HostIO.WriteFully(file, arena.Sequence, long.MaxValue - 1030, out ulong done);
        Assert.False(full.IsSuccess);
        Assert.Equal(result.Bytes, done);
    }
}
