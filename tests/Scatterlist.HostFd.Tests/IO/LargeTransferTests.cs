namespace Scatterlist.HostFd.Tests.IO;

/// <summary>More bytes than one call moves. The same small memory takes all of them, so that it costs little.</summary>
public class LargeTransferTests
{
    private const ulong Total = 0x8000_1000; // 2 GiB + 4 KiB

    [Fact]
    public void One_call_is_cut_at_the_kernels_limit_and_the_full_forms_go_on()
    {
        using FileDescriptor file = TestCalls.MemFd();
        TestCalls.SetLength(file, (long)Total);
        HostIO.Pwritev2(file, "end"u8, (long)Total - 3);
        using HostBuffer buffer = HostBuffer.Allocate(64 << 20);
        var blocks = new Block[(int)(Total / buffer.Length) + 1];
        Array.Fill(blocks, new Block(buffer.Address, buffer.Length));
        blocks[^1] = blocks[0].TakeFirst((nuint)(Total % buffer.Length));
        var sequence = new BlockSequence(blocks);
        Assert.Equal(Total, sequence.Length);

        Assert.Equal(IoResult.Success(HostIO.MaxTransferBytes), HostIO.Preadv2(file, sequence, 0));
        Assert.Equal(IoResult.Success(Total), HostIO.ReadFully(file, sequence, 0, out ulong done));
        Assert.Equal(Total, done);
        Assert.Equal("end"u8.ToArray(), buffer.AsSpan((nuint)(Total % buffer.Length) - 3, 3).ToArray());
    }

    [Fact]
    public void A_write_past_two_gibibytes_arrives_whole()
    {
        using FileDescriptor sink = HostFile.Open("/dev/null", OpenFlags.WriteOnly);
        using HostBuffer buffer = HostBuffer.Allocate(1 << 20);
        var blocks = new Block[2049];
        Array.Fill(blocks, new Block(buffer.Address, buffer.Length));
        var sequence = new BlockSequence(blocks);
        IoResult result = HostIO.WriteFully(sink, sequence, -1, out ulong done);
        Assert.Equal(IoResult.Success(2049ul << 20), result);
        Assert.Equal(2049ul << 20, done);
    }

    [Fact]
    public void A_full_file_system_is_an_error_with_a_remedy()
    {
        using FileDescriptor full = HostFile.Open("/dev/full", OpenFlags.WriteOnly);
        using var arena = Arena.Uniform(2, 64, gap: 1);
        Assert.Equal(Errno.ENOSPC, HostIO.Pwritev2(full, arena.Sequence).Errno);
        var error = Assert.Throws<HostIOException>(() => HostIO.WriteFullyOrThrow(full, arena.Sequence));
        Assert.Equal(Errno.ENOSPC, error.Errno);
        Assert.NotNull(error.Remedy);
    }
}
