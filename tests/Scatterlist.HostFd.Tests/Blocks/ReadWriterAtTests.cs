using Scatterlist.HostFd.Tests.IO;
using Scatterlist.Testing;

namespace Scatterlist.HostFd.Tests.Blocks;

public class ReadWriterAtTests
{
    [Fact]
    public void It_moves_on_from_its_offset_and_leaves_the_descriptors_own()
    {
        using FileDescriptor file = TestCalls.MemFd();
        byte[] data = Bytes.Pattern(100);
        TestCalls.SetContents(file, data);
        using var arena = new Arena([10, 20], gap: 1);
        ReadWriterAt at = ReadWriterAt.Get(file, 5);
        Assert.Equal(IoResult.Success(30), at.ReadToBlocks(arena.Sequence));
        Assert.Equal(data[5..35], arena.ToArray());
        Assert.Equal(35, at.Offset);
        Assert.Equal(IoResult.Success(30), at.WriteFromBlocks(arena.Sequence));
        Assert.Equal(65, at.Offset);
        Assert.Equal(data[5..35], TestCalls.Contents(file)[35..65]);
        TestCalls.Seek(file, 0);
        Assert.Equal(IoResult.Success(0), at.ReadToBlocks(default));
        Assert.Equal(65, at.Offset);
        ReadWriterAt.Put(at);
        Assert.Equal(0, TestCalls.Position(file));
    }

    [Fact]
    public void At_minus_one_it_stays_there_and_the_descriptor_moves()
    {
        using FileDescriptor file = TestCalls.MemFd();
        TestCalls.SetContents(file, new byte[100]);
        using var arena = new Arena([10]);
        ReadWriterAt at = ReadWriterAt.Get(file.Value);
        at.ReadToBlocks(arena.Sequence);
        Assert.Equal(-1, at.Offset);
        Assert.Equal(10, TestCalls.Position(file));
        ReadWriterAt.Put(at);
    }

    [Fact]
    public void Its_flags_reach_the_kernel_and_an_error_does_not_move_it()
    {
        using FileDescriptor file = TestCalls.MemFd();
        using var arena = new Arena([10]);
        ReadWriterAt at = ReadWriterAt.Get(file, 3, (ReadWriteFlags)0x200);
        Assert.Equal(Errno.EOPNOTSUPP, at.ReadToBlocks(arena.Sequence).Errno);
        Assert.Equal(3, at.Offset);
        ReadWriterAt.Put(at);
    }

    [Fact]
    public void Use_after_put_and_a_second_put_are_found_out()
    {
        using FileDescriptor file = TestCalls.MemFd();
        ReadWriterAt at = ReadWriterAt.Get(file);
        ReadWriterAt.Put(at);
        Assert.Throws<ObjectDisposedException>(() => at.ReadToBlocks(default));
        Assert.Throws<ObjectDisposedException>(() => at.WriteFromBlocks(default));
        Assert.Throws<ObjectDisposedException>(() => at.Offset);
        Assert.Throws<InvalidOperationException>(() => ReadWriterAt.Put(at));
    }

    [Fact]
    public void With_a_handle_it_keeps_the_descriptor_open_until_put()
    {
        FileDescriptor file = TestCalls.MemFd();
        int number = file.Value;
        ReadWriterAt at = ReadWriterAt.Get(file, 0);
        file.Dispose();
        Assert.True(TestCalls.IsOpen(number));
        using var arena = new Arena([10]);
        Assert.Equal(IoResult.Success(10), at.WriteFromBlocks(arena.Sequence));
        ReadWriterAt.Put(at);
        Assert.Throws<ObjectDisposedException>(() => ReadWriterAt.Get(file));
    }

    [Fact]
    public void The_value_form_does_the_same_without_a_pool()
    {
        using FileDescriptor file = TestCalls.MemFd();
        var cursor = new DescriptorCursor(file.Value, 2);
        using var arena = new Arena([4, 4], gap: 1);
        arena.Fill([1, 2, 3, 4, 5, 6, 7, 8]);
        Assert.Equal(8ul, cursor.WriteFromBlocks(arena.Sequence).Bytes);
        Assert.Equal(10, cursor.Offset);
        Assert.Equal([0, 0, 1, 2, 3, 4, 5, 6, 7, 8], TestCalls.Contents(file));
        Assert.True(cursor.ReadToBlocks(arena.Sequence).IsEndOfFile);
    }

    [Fact]
    public void Neither_form_allocates()
    {
        using FileDescriptor file = TestCalls.MemFd();
        TestCalls.SetContents(file, new byte[64]);
        using var arena = new Arena([8, 8], gap: 1);
        AllocationMeter.AssertNone(() =>
        {
            ReadWriterAt at = ReadWriterAt.Get(file, 0);
            at.ReadToBlocks(arena.Sequence);
            at.WriteFromBlocks(arena.Sequence);
            ReadWriterAt.Put(at);
            var cursor = new DescriptorCursor(file.Value, 0);
            cursor.ReadToBlocks(arena.Sequence);
        });
    }
}
