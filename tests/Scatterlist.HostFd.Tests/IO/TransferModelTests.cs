using Scatterlist.Testing;

namespace Scatterlist.HostFd.Tests.IO;

/// <summary>Random blocks, windows and offsets against the same transfer on plain arrays.</summary>
public class TransferModelTests
{
    [Fact]
    public void Transfers_of_any_window_agree_with_plain_arrays() => SeededRandom.Run(150, random =>
    {
        int[] lengths = RandomLengths(random);
        int gap = random.Next(0, 2);
        using var arena = new Arena(lengths, gap);
        byte[] memory = Bytes.Pattern(lengths.Sum(), random.Next());
        arena.Fill(memory);
        byte[] contents = Bytes.Pattern(random.Next(0, memory.Length + 100), random.Next());
        using FileDescriptor file = TestCalls.MemFd();
        TestCalls.SetContents(file, contents);

        int drop = random.Next(0, memory.Length + 1);
        int take = random.Next(0, memory.Length - drop + 1);
        BlockSequence window = arena.Sequence.DropFirst((ulong)drop).TakeFirst((ulong)take);
        int position = random.Next(0, contents.Length + 50);
        bool own = random.Next(2) == 0;
        TestCalls.Seek(file, own ? position : 0);
        long offset = own ? -1 : position;

        // Reading: what the file has from there on, at most the window.
        int readable = Math.Clamp(contents.Length - position, 0, take);
        IoResult read = HostIO.ReadFully(file, window, offset, out ulong done);
        Assert.True(read.IsSuccess);
        Assert.Equal((ulong)readable, done);
        Assert.Equal(readable < take, read.IsEndOfFile);
        if (readable > 0)
            contents.AsSpan(position, readable).CopyTo(memory.AsSpan(drop));
        Assert.Equal(memory, arena.ToArray());
        Assert.Equal(own ? position + readable : 0, TestCalls.Position(file));

        // Writing: the window, with a hole before it when it starts past the end.
        TestCalls.Seek(file, own ? position : 0);
        Assert.Equal(IoResult.Success((ulong)take), HostIO.WriteFully(file, window, offset, out _));
        byte[] expected = take == 0 ? contents : new byte[Math.Max(contents.Length, position + take)];
        contents.CopyTo(expected, 0);
        memory.AsSpan(drop, take).CopyTo(expected.AsSpan(take == 0 ? 0 : position));
        Assert.Equal(expected, TestCalls.Contents(file));
    });

    [Fact]
    public void One_request_is_never_cut_short_on_a_file() => SeededRandom.Run(100, random =>
    {
        using var arena = new Arena(RandomLengths(random), random.Next(0, 2));
        using FileDescriptor file = TestCalls.MemFd();
        Assert.Equal(IoResult.Success(arena.Sequence.Length), HostIO.Pwritev2(file, arena.Sequence, 3));
        if (arena.Sequence.Length != 0)
            Assert.Equal(IoResult.Success(arena.Sequence.Length), HostIO.Preadv2(file, arena.Sequence, 3));
    });

    private static int[] RandomLengths(Random random)
    {
        int count = random.Next(4) switch
        {
            0 => random.Next(0, 4),
            1 => random.Next(5, 40),
            2 => random.Next(1020, 1030),
            _ => random.Next(1500, 4200),
        };
        int longest = random.Next(1, 30);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(0, longest))];
    }
}
