namespace Scatterlist.HostFd.Tests.IO;

/// <summary>The shapes of readv and writev on everything that bytes can be read from in order.</summary>
public class StreamShapeTests
{
    public static TheoryData<string> Kinds => ["file", "pipe", "stream", "dgram", "seqpacket"];

    public static TheoryData<string, int[]> Shapes
    {
        get
        {
            var shapes = new TheoryData<string, int[]>();
            foreach (string kind in new[] { "file", "pipe", "stream", "dgram", "seqpacket" })
            {
                shapes.Add(kind, [.. Enumerable.Repeat(1, 128)]);
                shapes.Add(kind, [64, 64]);
                shapes.Add(kind, [128]);
                shapes.Add(kind, [1024]);
                shapes.Add(kind, [0, 100, 0, 0, 20, 200]);
            }

            return shapes;
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Blocks_are_filled_in_order_and_completely(string kind, int[] lengths)
    {
        using Ends ends = Ends.Of(kind);
        byte[] data = Bytes.Pattern(128);
        ends.Put(data);
        using var arena = new Arena(lengths, gap: 5);
        IoResult result = HostIO.Preadv2(ends.Reader, arena.Sequence);
        Assert.Equal(IoResult.Success(128), result);
        Assert.Equal(data, Arena.ToArray(arena.Sequence.TakeFirst(128)));
        Assert.False(Arena.ToArray(arena.Sequence.DropFirst(128)).AsSpan().ContainsAnyExcept((byte)0));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Overlapping_blocks_are_written_one_after_the_other(string kind)
    {
        using Ends ends = Ends.Of(kind);
        ends.Put([1, 2, 3, 4, 5, 6]);
        using var arena = new Arena([4]);
        Block all = arena.Blocks[0];
        Assert.Equal(IoResult.Success(6), HostIO.Preadv2(
            ends.Reader, new BlockSequence(new[] { all, all.TakeFirst(2) })));
        Assert.Equal([5, 6, 3, 4], arena.ToArray());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_bad_block_is_EFAULT_and_a_later_read_still_works(string kind)
    {
        using Ends ends = Ends.Of(kind);
        ends.Put([1, 2, 3]);
        Block[] bad = [new Block(16, 4), new Block(32, 4)];
        Assert.Equal(Errno.EFAULT, HostIO.Preadv2(ends.Reader, new BlockSequence(bad, mayFault: true)).Errno);
        if (kind is "dgram" or "seqpacket")
            ends.Put([1, 2, 3]); // the kernel drops a message that it could not deliver
        Assert.Equal(IoResult.Success(3), HostIO.Preadv2(ends.Reader, new byte[8]));
    }

    [Theory]
    [InlineData("pipe")]
    [InlineData("stream")]
    [InlineData("dgram")]
    [InlineData("seqpacket")]
    public void An_empty_source_would_block(string kind)
    {
        using Ends ends = Ends.Of(kind);
        TestCalls.SetNonBlocking(ends.Reader.Value);
        using var arena = new Arena([4, 4], gap: 1);
        Assert.Equal(Errno.EAGAIN, HostIO.Preadv2(ends.Reader, arena.Sequence).Errno);
        Assert.Equal(Errno.EAGAIN, HostIO.Preadv2(ends.Reader, new byte[4]).Errno);
        IoResult partly = HostIO.ReadFully(ends.Reader, arena.Sequence, -1, out ulong done);
        Assert.Equal((Errno.EAGAIN, 0ul), (partly.Errno, done));
        ends.Put([1, 2]);
        partly = HostIO.ReadFully(ends.Reader, arena.Sequence, -1, out done);
        Assert.Equal((Errno.EAGAIN, 2ul), (partly.Errno, done));
    }

    [Theory]
    [InlineData("file")]
    [InlineData("pipe")]
    [InlineData("stream")]
    [InlineData("seqpacket")]
    public void The_end_is_told(string kind)
    {
        using Ends ends = Ends.Of(kind);
        ends.Put([1]);
        ends.Writer.Dispose();
        using var arena = new Arena([4, 4], gap: 1);
        Assert.Equal(IoResult.Success(1), HostIO.Preadv2(ends.Reader, arena.Sequence));
        Assert.Equal(IoResult.EndOfFile(), HostIO.Preadv2(ends.Reader, arena.Sequence));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Blocks_are_written_in_order_with_empty_ones_between(string kind)
    {
        using Ends ends = Ends.Of(kind);
        using var arena = new Arena([0, 3, 0, 5, 0], gap: 2);
        arena.Fill([1, 2, 3, 4, 5, 6, 7, 8]);
        Assert.Equal(IoResult.Success(8), HostIO.Pwritev2(ends.Writer, arena.Sequence));
        if (kind == "file")
            TestCalls.Seek(ends.Reader, 0);
        var got = new byte[16];
        Assert.Equal(IoResult.Success(8), HostIO.Preadv2(ends.Reader, got));
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], got[..8]);
    }

    [Fact]
    public void Writing_to_the_read_end_is_EBADF_and_to_a_closed_pipe_EPIPE()
    {
        (FileDescriptor read, FileDescriptor write) = TestCalls.Pipe();
        using (write)
        {
            Assert.Equal(Errno.EBADF, HostIO.Pwritev2(read, [1]).Errno);
            Assert.Equal(Errno.EBADF, HostIO.Preadv2(write, new byte[1]).Errno);
            read.Dispose();
            Assert.Equal(Errno.EPIPE, HostIO.Pwritev2(write, [1]).Errno);
            Assert.Equal(Errno.EPIPE, HostIO.WriteFully(write, [1], -1, out _).Errno);
        }
    }

    private sealed class Ends(FileDescriptor reader, FileDescriptor writer) : IDisposable
    {
        internal FileDescriptor Reader { get; } = reader;

        internal FileDescriptor Writer { get; } = writer;

        internal static Ends Of(string kind)
        {
            if (kind == "file")
            {
                FileDescriptor file = TestCalls.MemFd();
                return new Ends(file, file.Duplicate());
            }

            (FileDescriptor read, FileDescriptor write) = kind == "pipe"
                ? TestCalls.Pipe()
                : TestCalls.SocketPair(kind switch { "stream" => 1, "dgram" => 2, _ => 5 });
            return new Ends(read, write);
        }

        internal void Put(ReadOnlySpan<byte> data)
        {
            Assert.Equal((ulong)data.Length, HostIO.Pwritev2(Writer, data).Bytes);
            if (DescriptorProbe.Inspect(Reader).IsSeekable)
                TestCalls.Seek(Reader, TestCalls.Position(Reader) - data.Length);
        }

        public void Dispose()
        {
            Reader.Dispose();
            Writer.Dispose();
        }
    }
}
