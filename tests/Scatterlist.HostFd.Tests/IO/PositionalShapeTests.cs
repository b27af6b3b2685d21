using Scatterlist.Testing;

namespace Scatterlist.HostFd.Tests.IO;

/// <summary>
/// Each shape of preadv2 and pwritev2 calls, with two blocks (vectored) and with one (the fast path).
/// </summary>
public class PositionalShapeTests
{
    private static readonly byte[] Data = Bytes.Pattern(1024);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_read_fills_the_blocks_from_the_offset_and_leaves_the_descriptors_own(int blocks)
    {
        using FileDescriptor file = TestCalls.MemFd();
        TestCalls.SetContents(file, Data);
        TestCalls.Seek(file, 7);
        using var arena = Arena.Uniform(blocks, 100, gap: 3);
        Assert.Equal(IoResult.Success((ulong)blocks * 100), HostIO.Preadv2(file, arena.Sequence, 256));
        Assert.Equal(Data[256..(256 + (blocks * 100))], arena.ToArray());
        Assert.Equal(7, TestCalls.Position(file));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_read_at_minus_one_uses_and_moves_the_descriptors_offset(int blocks)
    {
        using FileDescriptor file = TestCalls.MemFd();
        TestCalls.SetContents(file, Data);
        TestCalls.Seek(file, 10);
        using var arena = Arena.Uniform(blocks, 100, gap: 3);
        Assert.Equal((ulong)blocks * 100, HostIO.Preadv2(file, arena.Sequence).Bytes);
        Assert.Equal(Data[10..(10 + (blocks * 100))], arena.ToArray());
        Assert.Equal(10 + (blocks * 100), TestCalls.Position(file));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_write_puts_the_blocks_at_the_offset_and_leaves_the_descriptors_own(int blocks)
    {
        using FileDescriptor file = TestCalls.MemFd();
        TestCalls.SetContents(file, new byte[1024]);
        TestCalls.Seek(file, 7);
        using var arena = Arena.Uniform(blocks, 100, gap: 3);
        arena.Fill(Data);
        Assert.Equal((ulong)blocks * 100, HostIO.Pwritev2(file, arena.Sequence, 512).Bytes);
        Assert.Equal(7, TestCalls.Position(file));
        byte[] expected = new byte[1024];
        Data.AsSpan(0, blocks * 100).CopyTo(expected.AsSpan(512));
        Assert.Equal(expected, TestCalls.Contents(file));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_write_at_minus_one_uses_and_moves_the_descriptors_offset(int blocks)
    {
        using FileDescriptor file = TestCalls.MemFd();
        TestCalls.Seek(file, 5);
        using var arena = Arena.Uniform(blocks, 100, gap: 3);
        arena.Fill(Data);
        Assert.Equal((ulong)blocks * 100, HostIO.Pwritev2(file, arena.Sequence).Bytes);
        Assert.Equal(5 + (blocks * 100), TestCalls.Position(file));
        Assert.Equal(Data[..(blocks * 100)], TestCalls.Contents(file)[5..]); // beyond the end: a hole before it
    }

    [Theory]
    [InlineData(ReadWriteFlags.HiPri)]
    [InlineData(ReadWriteFlags.DSync)]
    [InlineData(ReadWriteFlags.Sync)]
    public void Hints_and_sync_flags_are_accepted(ReadWriteFlags flag)
    {
        using FileDescriptor file = TestCalls.MemFd();
        using var arena = Arena.Uniform(2, 64, gap: 1);
        arena.Fill(Data);
        Assert.Equal(IoResult.Success(128), HostIO.Pwritev2(file, arena.Sequence, 0, flag));
        Assert.Equal(IoResult.Success(128), HostIO.Preadv2(file, arena.Sequence, 0, flag));
        Assert.Equal(IoResult.Success(64), HostIO.Preadv2(file, new byte[64], 0, flag));
    }

    [Theory]
    [InlineData((ReadWriteFlags)0x0200)]
    [InlineData((ReadWriteFlags)0x4000_0000)]
    public void Unknown_flags_are_the_kernels_to_refuse(ReadWriteFlags flag)
    {
        using FileDescriptor file = TestCalls.MemFd();
        using var arena = Arena.Uniform(2, 64);
        Assert.Equal(Errno.EOPNOTSUPP, HostIO.Preadv2(file, arena.Sequence, 0, flag).Errno);
        Assert.Equal(Errno.EOPNOTSUPP, HostIO.Pwritev2(file, arena.Sequence, 0, flag).Errno);
        Assert.Equal(Errno.EOPNOTSUPP, HostIO.Preadv2(file, new byte[8], 0, flag).Errno);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_negative_offset_other_than_minus_one_is_EINVAL(int blocks)
    {
        using FileDescriptor file = TestCalls.MemFd();
        using var arena = Arena.Uniform(blocks, 64, gap: 1);
        Assert.Equal(Errno.EINVAL, HostIO.Preadv2(file, arena.Sequence, -8).Errno);
        Assert.Equal(Errno.EINVAL, HostIO.Pwritev2(file, arena.Sequence, -8).Errno);
        Assert.Equal(Errno.EINVAL, HostIO.ReadFully(file, arena.Sequence, -8, out _).Errno);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_wrong_access_mode_O_PATH_and_a_closed_number_are_EBADF(int blocks)
    {
        using var directory = new TempDirectory();
        string path = directory["file"];
        File.WriteAllBytes(path, Data);
        using var arena = Arena.Uniform(blocks, 64, gap: 1);
        using (FileDescriptor writeOnly = HostFile.Open(path, OpenFlags.WriteOnly))
            Assert.Equal(Errno.EBADF, HostIO.Preadv2(writeOnly, arena.Sequence, 0).Errno);
        using (FileDescriptor readOnly = HostFile.Open(path))
            Assert.Equal(Errno.EBADF, HostIO.Pwritev2(readOnly, arena.Sequence, 0).Errno);
        using (FileDescriptor name = HostFile.Open(path, OpenFlags.PathOnly))
        {
            Assert.Equal(Errno.EBADF, HostIO.Preadv2(name, arena.Sequence, 0).Errno);
            Assert.Equal(Errno.EBADF, HostIO.Pwritev2(name, arena.Sequence, 0).Errno);
        }

        Assert.Equal(Errno.EBADF, HostIO.Preadv2(-1, arena.Sequence, 0).Errno);
        Assert.Equal(Errno.EBADF, HostIO.Pwritev2(int.MaxValue, arena.Sequence).Errno);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void What_has_no_offsets_is_ESPIPE_with_one_and_works_without(int blocks)
    {
        (FileDescriptor read, FileDescriptor write) = TestCalls.Pipe();
        (FileDescriptor first, FileDescriptor second) = TestCalls.SocketPair(1);
        using var arena = Arena.Uniform(blocks, 64, gap: 1);
        using (read)
        using (write)
        using (first)
        using (second)
        {
            Assert.Equal(Errno.ESPIPE, HostIO.Preadv2(read, arena.Sequence, 2).Errno);
            Assert.Equal(Errno.ESPIPE, HostIO.Pwritev2(write, arena.Sequence, 2).Errno);
            Assert.Equal(Errno.ESPIPE, HostIO.Preadv2(first, arena.Sequence, 2).Errno);
            Assert.Equal(Errno.ESPIPE, HostIO.Pwritev2(second, arena.Sequence, 2).Errno);
            Assert.Equal(IoResult.Success((ulong)blocks * 64), HostIO.Pwritev2(write, arena.Sequence));
            Assert.Equal(IoResult.Success((ulong)blocks * 64), HostIO.Preadv2(read, arena.Sequence));
        }
    }

    [Fact]
    public void A_directory_is_EISDIR()
    {
        using var directory = new TempDirectory();
        using FileDescriptor opened = HostFile.Open(directory.Path, OpenFlags.Directory);
        Assert.Equal(Errno.EISDIR, HostIO.Preadv2(opened, new byte[8], 0).Errno);
    }

    [Fact]
    public void The_end_of_the_file_is_told_and_is_no_error()
    {
        using FileDescriptor file = TestCalls.MemFd();
        TestCalls.SetContents(file, Data);
        using var arena = Arena.Uniform(3, 100, gap: 1);
        Assert.Equal(IoResult.Success(24), HostIO.Preadv2(file, arena.Sequence, 1000));
        Assert.Equal(IoResult.EndOfFile(), HostIO.Preadv2(file, arena.Sequence, 1024));
        Assert.Equal(IoResult.EndOfFile(), HostIO.Preadv2(file, new byte[1], 1 << 20));
    }

    [Fact]
    public void An_offset_whose_end_overflows_is_refused_by_the_kernel()
    {
        using FileDescriptor file = TestCalls.MemFd();
        using var arena = Arena.Uniform(2, 64, gap: 1);
        Assert.Equal(Errno.EINVAL, HostIO.Preadv2(file, arena.Sequence, long.MaxValue - 10).Errno);
        Assert.Equal(Errno.EINVAL, HostIO.Preadv2(file, new byte[64], long.MaxValue - 10).Errno);
        Assert.Equal(Errno.EINVAL, HostIO.Pwritev2(file, new byte[64], long.MaxValue - 10).Errno);
    }

    [Fact]
    public void Appending_ignores_the_offset_and_NoAppend_honours_it()
    {
        using var directory = new TempDirectory();
        using FileDescriptor file = HostFile.Open(
            directory["log"], OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Append);
        Assert.Equal(4ul, HostIO.Pwritev2(file, "abcd"u8, 0).Bytes);
        Assert.Equal(2ul, HostIO.Pwritev2(file, "ef"u8, 0).Bytes);
        Assert.Equal("abcdef"u8.ToArray(), TestCalls.Contents(file));
        IoResult at = HostIO.Pwritev2(file, "X"u8, 1, ReadWriteFlags.NoAppend);
        if (at.Errno == Errno.EOPNOTSUPP)
            Assert.Skip("The kernel has no RWF_NOAPPEND (Linux 6.9).");
        Assert.Equal("aXcdef"u8.ToArray(), TestCalls.Contents(file));
    }

    [Fact]
    public void An_empty_request_succeeds_without_a_system_call()
    {
        Assert.Equal(IoResult.Success(0), HostIO.Preadv2(-1, Span<byte>.Empty, 0));
        Assert.Equal(IoResult.Success(0), HostIO.Pwritev2(-1, ReadOnlySpan<byte>.Empty, 0));
        Assert.Equal(IoResult.Success(0), HostIO.Preadv2(-1, default(BlockSequence), 0));
        Assert.Equal(IoResult.Success(0), HostIO.Pwritev2(-1, new BlockSequence(new Block[5]), 0));
    }

    [Fact]
    public void A_host_buffer_part_is_read_and_written_and_checked()
    {
        using FileDescriptor file = TestCalls.MemFd();
        using HostBuffer buffer = HostBuffer.Allocate(8192);
        Data.CopyTo(buffer.AsSpan(4000, 1024));
        Assert.Equal(1024ul, HostIO.Pwritev2(file, buffer, 4000, 1024, 0).Bytes);
        Assert.Equal(Data, TestCalls.Contents(file));
        Assert.Equal(1024ul, HostIO.Preadv2(file, buffer, 100, 1024, 0).Bytes);
        Assert.Equal(Data, buffer.AsSpan(100, 1024).ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => HostIO.Preadv2(file, buffer, 8000, 1024, 0));
        buffer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => HostIO.Preadv2(file, buffer, 0, 1, 0));
    }

    [Fact]
    public void The_throwing_forms_tell_operation_descriptor_offset_errno_progress_and_remedy()
    {
        using FileDescriptor file = TestCalls.MemFd();
        Assert.Equal(3ul, HostIO.Pwritev2OrThrow(file, "abc"u8, 0));
        Assert.Equal(3ul, HostIO.Preadv2OrThrow(file, new byte[8], 0));
        var error = Assert.Throws<HostIOException>(() => HostIO.Preadv2OrThrow(file, new byte[8], -8));
        Assert.Equal(Errno.EINVAL, error.Errno);
        Assert.Equal(-8, error.Offset);
        Assert.Equal(file.Value, error.Descriptor);
        Assert.Equal(0ul, error.Transferred);
        Assert.Contains("preadv2", error.Operation, StringComparison.Ordinal);
        Assert.NotNull(error.Remedy);
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => HostIO.Preadv2(file, new byte[1], 0));
    }
}
