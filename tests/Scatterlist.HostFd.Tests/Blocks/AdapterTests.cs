using Scatterlist.HostFd.Tests.IO;
using Scatterlist.Testing;

namespace Scatterlist.HostFd.Tests.Blocks;

public class AdapterTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_readable_stream_fills_the_blocks(bool mayFault)
    {
        byte[] data = Bytes.Pattern(300_000);
        IBlockReader reader = BlockIO.FromReadable(new MemoryStream(data));
        using var arena = new Arena([1, 0, 5000, 200_000, 94_999]);
        Assert.Equal(IoResult.Success(300_000), BlockIO.ReadFull(reader, new BlockSequence(arena.Blocks, mayFault)));
        Assert.Equal(data, arena.ToArray());
    }

    [Fact]
    public void A_stream_that_ends_early_gives_what_it_has()
    {
        using var arena = new Arena([3, 3], gap: 1);
        IBlockReader reader = BlockIO.FromReadable(new MemoryStream([1, 2, 3, 4]));
        Assert.Equal(IoResult.Success(4), reader.ReadToBlocks(arena.Sequence));
        Assert.Equal([1, 2, 3, 4, 0, 0], arena.ToArray());
        Assert.Equal(IoResult.EndOfFile(), reader.ReadToBlocks(arena.Sequence));

        // The end behind the last full block is told by the next call only.
        IBlockReader exact = BlockIO.FromReadable(new MemoryStream([1, 2, 3]));
        Assert.Equal(IoResult.Success(3), exact.ReadToBlocks(arena.Sequence));
        Assert.Equal(IoResult.EndOfFile(2), BlockIO.ReadFull(
            BlockIO.FromReadable(new MemoryStream([1, 2])), arena.Sequence));
    }

    [Fact]
    public void A_single_byte_reader_stops_at_one_and_ReadFull_goes_on()
    {
        using var arena = new Arena([3, 3], gap: 1);
        IBlockReader reader = BlockIO.FromReadable(new TrickleStream([1, 2, 3, 4, 5, 6, 7]));
        Assert.Equal(IoResult.Success(1), reader.ReadToBlocks(arena.Sequence));
        Assert.Equal(IoResult.Success(6), BlockIO.ReadFull(reader, arena.Sequence));
        Assert.Equal([2, 3, 4, 5, 6, 7], arena.ToArray());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_writable_stream_takes_the_blocks(bool mayFault)
    {
        using var arena = new Arena([1, 0, 5000, 200_000, 94_999], gap: 1);
        byte[] data = Bytes.Pattern(300_000);
        arena.Fill(data);
        var written = new MemoryStream();
        IBlockWriter writer = BlockIO.FromWritable(written);
        Assert.Equal(IoResult.Success(300_000), writer.WriteFromBlocks(new BlockSequence(arena.Blocks, mayFault)));
        Assert.Equal(data, written.ToArray());
    }

    [Fact]
    public void A_writer_that_is_full_keeps_the_progress_and_then_says_so()
    {
        using var source = new Arena([3, 3], gap: 1);
        source.Fill([1, 2, 3, 4, 5, 6]);
        using var target = new Arena([1, 3], gap: 1);
        IBlockWriter writer = BlockIO.ToBlocks(target.Blocks);
        Assert.Equal(IoResult.Success(4), writer.WriteFromBlocks(source.Sequence));
        Assert.Equal([1, 2, 3, 4], target.ToArray());
        Assert.Equal(IoResult.Failure(Errno.ENOSPC), writer.WriteFromBlocks(source.Sequence));
        Assert.Equal(
            IoResult.Failure(Errno.ENOSPC, 4), BlockIO.WriteFull(BlockIO.ToBlocks(target.Blocks), source.Sequence));
    }

    [Fact]
    public void Single_byte_writers_are_driven_to_the_end_and_idle_ones_are_an_error()
    {
        using var source = new Arena([3, 3], gap: 1);
        source.Fill([1, 2, 3, 4, 5, 6]);
        var slow = new SlowWriter(6);
        Assert.Equal(IoResult.Success(6), BlockIO.WriteFull(slow, source.Sequence));
        Assert.Equal([1, 2, 3, 4, 5, 6], slow.Taken);
        Assert.Equal(IoResult.Failure(Errno.EIO, 2), BlockIO.WriteFull(new SlowWriter(2), source.Sequence));
    }

    [Fact]
    public void Memory_is_a_reader_that_ends()
    {
        using var source = new Arena([1, 3], gap: 1);
        source.Fill([1, 2, 3, 4]);
        using var target = new Arena([3, 3], gap: 1);
        IBlockReader reader = BlockIO.FromBlocks(source.Blocks);
        Assert.Equal(IoResult.Success(3), reader.ReadToBlocks(target.Sequence.TakeFirst(3)));
        Assert.Equal(IoResult.Success(1), reader.ReadToBlocks(target.Sequence));
        Assert.Equal(IoResult.EndOfFile(), reader.ReadToBlocks(target.Sequence));
        Assert.Equal([4, 2, 3, 0, 0, 0], target.ToArray());
    }

    [Fact]
    public void A_fault_while_gathering_writes_what_was_gathered()
    {
        using GuardedMemory memory = GuardedMemory.PastEndOfFile(4096);
        memory.AsSpan().Fill(7);
        var written = new MemoryStream();
        IBlockWriter writer = BlockIO.FromWritable(written);
        var across = new BlockSequence(memory.AcrossEnd(10, 10), mayFault: true);
        Assert.Equal(IoResult.Success(10), writer.WriteFromBlocks(across));
        Assert.Equal(10, written.Length);
        Assert.Equal(Errno.EFAULT, writer.WriteFromBlocks(across.DropFirst(10)).Errno);
    }

    [Fact]
    public void An_exception_of_the_stream_does_not_lose_what_was_read_before_it()
    {
        using var arena = new Arena([3, 3], gap: 1);
        IBlockReader reader = BlockIO.FromReadable(new BreakingStream([1, 2, 3]));
        Assert.Equal(IoResult.Success(3), reader.ReadToBlocks(arena.Sequence));
        Assert.Throws<InvalidDataException>(() => reader.ReadToBlocks(arena.Sequence));
    }

    [Fact]
    public void A_stream_over_a_descriptor_copies_a_file()
    {
        using FileDescriptor from = TestCalls.MemFd();
        using FileDescriptor to = TestCalls.MemFd();
        byte[] data = Bytes.Pattern(100_000);
        TestCalls.SetContents(from, data);
        using Stream reading = BlockIO.ToStream(new DescriptorCursor(from.Value, 0));
        using Stream writing = BlockIO.ToStream(null, new DescriptorCursor(to.Value, 0));
        reading.CopyTo(writing);
        Assert.Equal(data, TestCalls.Contents(to));
        Assert.False(reading.CanWrite);
        Assert.False(writing.CanRead);
        using Stream broken = BlockIO.ToStream(new DescriptorCursor(-1));
        Assert.Equal(Errno.EBADF, Assert.Throws<ScatterlistException>(() => broken.ReadByte()).Errno);
    }

    private sealed class SlowWriter(int limit) : IBlockWriter
    {
        internal List<byte> Taken { get; } = [];

        public IoResult WriteFromBlocks(in BlockSequence source)
        {
            if (Taken.Count == limit)
                return IoResult.Success(0);
            Taken.Add(source.Head.AsSpan()[0]);
            return IoResult.Success(1);
        }
    }

    private sealed class TrickleStream(byte[] data) : MemoryStream(data)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..1]);
    }

    private sealed class BreakingStream(byte[] data) : MemoryStream(data)
    {
        public override int Read(Span<byte> buffer) =>
            Position == Length ? throw new InvalidDataException("broken") : base.Read(buffer);
    }
}
