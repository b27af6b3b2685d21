using Scatterlist.Transfer;

namespace Scatterlist.Transfer.Tests;

public sealed class CopyEngineTests
{
    private const int Chunk = 4096;

    public static TheoryData<int, bool, bool> Shapes()
    {
        var data = new TheoryData<int, bool, bool>();
        foreach (int length in new[] { 0, 1, Chunk - 1, Chunk, Chunk + 1, 10 * Chunk + 123 })
        {
            data.Add(length, true, true);
            data.Add(length, false, true);
            data.Add(length, true, false);
            data.Add(length, false, false);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Every_byte_arrives_whatever_the_ends_are(int length, bool sourceSeeks, bool destinationSeeks)
    {
        byte[] bytes = ScriptedEndpoint.RandomBytes(length);
        using var source = new ScriptedEndpoint(bytes) { Seekable = sourceSeeks, LengthKnown = sourceSeeks };
        using var destination = new ScriptedEndpoint(new byte[length]) { Seekable = destinationSeeks };

        CopyReport report = CopyEngine.Copy(source, destination, new CopyOptions { ChunkSize = Chunk, Depth = 3 });

        Assert.Equal((ulong)length, report.Bytes);
        Assert.Equal(bytes, destination.Bytes);
        Assert.Equal((ulong)length, destination.Completed);
        Assert.Equal(sourceSeeks ? (ulong)length : null, destination.Prepared);
        Assert.True(source.LargestRequest <= Chunk);
    }

    [Fact]
    public void Only_the_length_asked_for_is_copied()
    {
        using var source = new ScriptedEndpoint(ScriptedEndpoint.RandomBytes(3 * Chunk));
        using var destination = new ScriptedEndpoint(new byte[3 * Chunk]);

        CopyEngine.Copy(source, destination, new CopyOptions { ChunkSize = Chunk, Length = Chunk + 5 });

        Assert.Equal(source.Bytes[..(Chunk + 5)], destination.Bytes[..(Chunk + 5)]);
        Assert.All(destination.Bytes[(Chunk + 5)..], value => Assert.Equal(0, value));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_failing_write_tells_how_many_bytes_from_the_start_arrived(bool sourceSeeks)
    {
        using var source = new ScriptedEndpoint(ScriptedEndpoint.RandomBytes(8 * Chunk)) { Seekable = sourceSeeks };
        using var destination = new ScriptedEndpoint(new byte[8 * Chunk]) { WriteFailsAt = 5 * Chunk + 100 };

        var failure = Assert.Throws<TransferException>(
            () => CopyEngine.Copy(source, destination, new CopyOptions { ChunkSize = Chunk, Depth = 2 }));

        Assert.Equal(Errno.ENOSPC, failure.Errno);
        Assert.Contains("Free some space", failure.Message, StringComparison.Ordinal);
        int reached = (int)failure.Transferred;
        Assert.InRange(reached, 1, 5 * Chunk + 100);
        Assert.Equal(source.Bytes[..reached], destination.Bytes[..reached]);
        Assert.Null(destination.Completed);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_failing_read_loses_nothing_that_came_before(bool sourceSeeks)
    {
        using var source = new ScriptedEndpoint(ScriptedEndpoint.RandomBytes(8 * Chunk))
        {
            Seekable = sourceSeeks,
            ReadFailsAt = 3 * Chunk + 77,
        };
        using var destination = new ScriptedEndpoint(new byte[8 * Chunk]);

        var failure = Assert.Throws<TransferException>(
            () => CopyEngine.Copy(source, destination, new CopyOptions { ChunkSize = Chunk, Depth = 2 }));

        Assert.Equal(Errno.EIO, failure.Errno);
        int reached = (int)failure.Transferred;
        if (!sourceSeeks)
            Assert.Equal(3 * Chunk + 77, reached);
        Assert.InRange(reached, 0, 3 * Chunk + 77);
        Assert.Equal(source.Bytes[..reached], destination.Bytes[..reached]);
    }

    [Fact]
    public void A_source_that_shrinks_is_an_error_not_a_short_success()
    {
        using var source = new ScriptedEndpoint(new byte[2 * Chunk]);
        using var shrunk = new ShrunkenEndpoint(source, claimed: 4 * Chunk);
        using var destination = new ScriptedEndpoint(new byte[4 * Chunk]);

        var failure = Assert.Throws<TransferException>(
            () => CopyEngine.Copy(shrunk, destination, new CopyOptions { ChunkSize = Chunk }));

        Assert.Contains("the data ended", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Verification_finds_one_changed_byte(bool sourceSeeks)
    {
        using var source = new ScriptedEndpoint(ScriptedEndpoint.RandomBytes(4 * Chunk)) { Seekable = sourceSeeks };
        using var destination = new ScriptedEndpoint(new byte[4 * Chunk]) { CorruptsAt = 2 * Chunk + 9 };

        var failure = Assert.Throws<VerificationException>(() => CopyEngine.Copy(
            source, destination, new CopyOptions { ChunkSize = Chunk, IsVerified = true }));

        Assert.Equal(sourceSeeks ? 2 * Chunk + 9ul : null, failure.Offset);
        Assert.Contains(sourceSeeks ? $"byte {2 * Chunk + 9} differs" : "SHA-256", failure.Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Verification_passes_an_equal_copy(bool sourceSeeks)
    {
        using var source = new ScriptedEndpoint(ScriptedEndpoint.RandomBytes(4 * Chunk + 1)) { Seekable = sourceSeeks };
        using var destination = new ScriptedEndpoint(new byte[4 * Chunk + 1]);

        CopyReport report = CopyEngine.Copy(
            source, destination, new CopyOptions { ChunkSize = Chunk, IsVerified = true });

        Assert.True(report.IsVerified);
    }

    [Fact]
    public void What_cannot_work_is_refused_before_a_byte_moves()
    {
        using var source = new ScriptedEndpoint(new byte[2 * Chunk]);
        using var small = new ScriptedEndpoint(new byte[Chunk]);
        using var unreadable = new ScriptedEndpoint(new byte[Chunk]) { Readable = false };
        using var unwritable = new ScriptedEndpoint(new byte[Chunk]) { Writable = false };

        Assert.Throws<ArgumentException>(() => CopyEngine.Copy(source, small));
        Assert.Throws<ArgumentException>(() => CopyEngine.Copy(unreadable, small));
        Assert.Throws<ArgumentException>(() => CopyEngine.Copy(small, unwritable));
        Assert.Throws<ArgumentException>(
            () => CopyEngine.Copy(small, unreadable, new CopyOptions { IsVerified = true }));
        Assert.Throws<ArgumentException>(
            () => CopyEngine.Copy(small, source, new CopyOptions { Length = Chunk + 1 }));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => CopyEngine.Copy(small, source, new CopyOptions { ChunkSize = 1 }));
        Assert.Null(small.Prepared);
        Assert.Null(source.Prepared);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Cancelling_stops_between_chunks(bool sourceSeeks)
    {
        using var stop = new CancellationTokenSource();
        int writes = 0;
        using var source = new ScriptedEndpoint(new byte[64 * Chunk]) { Seekable = sourceSeeks };
        using var destination = new ScriptedEndpoint(new byte[64 * Chunk])
        {
            BeforeWrite = _ =>
            {
                if (Interlocked.Increment(ref writes) == 3)
                    stop.Cancel();
            },
        };

        Assert.ThrowsAny<OperationCanceledException>(() => CopyEngine.Copy(
            source, destination, new CopyOptions { ChunkSize = Chunk, Depth = 2 }, stop.Token));

        Assert.InRange(writes, 3, 10);
        Assert.Null(destination.Completed);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Progress_grows_to_the_whole(bool sourceSeeks)
    {
        var seen = new List<ulong>();
        using var source = new ScriptedEndpoint(new byte[9 * Chunk + 1]) { Seekable = sourceSeeks };
        using var destination = new ScriptedEndpoint(new byte[9 * Chunk + 1]);

        CopyEngine.Copy(
            source, destination, new CopyOptions { ChunkSize = Chunk, Depth = 2, Progress = new Recorder(seen) });

        Assert.Equal(10, seen.Count);
        Assert.Equal(seen.Order(), seen);
        Assert.Equal(9 * Chunk + 1u, seen[^1]);
    }

    [Fact]
    public async Task An_asynchronous_copy_does_the_same()
    {
        using var source = new ScriptedEndpoint(ScriptedEndpoint.RandomBytes(5 * Chunk));
        using var destination = new ScriptedEndpoint(new byte[5 * Chunk]);

        CopyReport report = await CopyEngine.CopyAsync(source, destination, new CopyOptions { IsVerified = true });

        Assert.Equal(source.Bytes, destination.Bytes);
        Assert.True(report.BytesPerSecond > 0);
    }

    private sealed class Recorder(List<ulong> seen) : IProgress<ulong>
    {
        public void Report(ulong value) => seen.Add(value);
    }

    private sealed class ShrunkenEndpoint(Endpoint inner, ulong claimed) : Endpoint
    {
        public override string Name => "shrunken";

        public override bool CanRead => true;

        public override bool CanWrite => false;

        public override bool CanSeek => true;

        public override ulong? Length => claimed;

        public override IoResult Read(ulong offset, Span<byte> destination, CancellationToken cancellationToken) =>
            inner.Read(offset, destination, cancellationToken);

        public override IoResult Write(ulong offset, ReadOnlySpan<byte> source, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}
