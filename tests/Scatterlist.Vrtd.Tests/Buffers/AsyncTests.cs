namespace Scatterlist.Vrtd.Tests;

/// <summary>Asynchronous transfers, their progress and their cancellation.</summary>
public sealed class AsyncTests
{
    private const int Chunk = DeviceBuffer.AsyncChunk;

    [Fact]
    public async Task Everything_moves_and_progress_tells_each_piece()
    {
        using Emulated emulated = new();
        using DeviceBuffer buffer = emulated.Device.OpenDdrBuffer(1);
        byte[] bytes = Pattern.Make((3 * Chunk) + 5);
        bytes.CopyTo(buffer.HostData.AsSpan(100, bytes.Length));
        Recorder down = new();
        Recorder up = new();
        await buffer.SyncToDeviceAsync(100, (ulong)bytes.Length, down, TestContext.Current.CancellationToken);
        buffer.HostData.Zero();
        await buffer.SyncFromDeviceAsync(100, (ulong)bytes.Length, up, TestContext.Current.CancellationToken);

        Assert.True(bytes.AsSpan().SequenceEqual(buffer.HostData.AsSpan(100, bytes.Length)));
        ulong[] steps = [Chunk, 2 * Chunk, 3 * Chunk, (3 * Chunk) + 5];
        Assert.Equal(steps, down.Values);
        Assert.Equal(steps, up.Values);
    }

    [Fact]
    public async Task Memory_is_written_and_read()
    {
        using Emulated emulated = new();
        using DeviceBuffer buffer = emulated.Device.OpenDdrBuffer(1);
        byte[] bytes = Pattern.Make(Chunk + 9);
        byte[] read = new byte[bytes.Length];
        await buffer.WriteAsync(1, bytes);
        await buffer.ReadAsync(1, read);

        Assert.True(bytes.AsSpan().SequenceEqual(read));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Cancelling_stops_between_pieces_and_leaves_the_rest_untouched(int after)
    {
        using Emulated emulated = new();
        using DeviceBuffer buffer = emulated.Device.OpenDdrBuffer(1);
        using CancellationTokenSource cancel = new();
        buffer.HostData.AsSpan(0, 4 * Chunk).Fill(0xEE);
        Recorder progress = new()
        {
            OnReport = done =>
            {
                if (done == (ulong)(after * Chunk))
                    cancel.Cancel();
            },
        };
        Task sync = buffer.SyncToDeviceAsync(0, 4 * Chunk, progress, cancel.Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sync);

        Assert.True(sync.IsCanceled);
        byte[] device = new byte[4 * Chunk];
        buffer.Read(0, device);
        Assert.False(device.AsSpan(0, after * Chunk).ContainsAnyExcept((byte)0xEE));
        Assert.False(device.AsSpan(after * Chunk).ContainsAnyExcept((byte)0));
        buffer.SyncToDevice();
    }

    [Fact]
    public async Task A_token_that_is_cancelled_already_moves_nothing()
    {
        using Emulated emulated = new();
        using DeviceBuffer buffer = emulated.Device.OpenDdrBuffer(1);
        Recorder progress = new();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => buffer.SyncToDeviceAsync(0, 10, progress, new CancellationToken(true)));

        Assert.Empty(progress.Values);
        Assert.Equal(0ul, emulated.Daemon.GetStatistics().CommittedBytes);
    }

    [Fact]
    public async Task A_failure_names_the_call_and_how_far_it_got()
    {
        using Emulated emulated = new();
        using DeviceBuffer buffer = emulated.Device.OpenRawBuffer(new DeviceAddress(1ul << 63), 4096);

        VrtdException failure = await Assert.ThrowsAsync<VrtdException>(() => buffer.WriteAsync(1, new byte[5]));

        Assert.Equal(Errno.EINVAL, failure.Errno);
        Assert.StartsWith("Write(offset 1, 5 bytes) of the raw buffer", failure.Message, StringComparison.Ordinal);
        Assert.Contains("0 bytes had moved", failure.Message, StringComparison.Ordinal);
    }

    private sealed class Recorder : IProgress<ulong>
    {
        public List<ulong> Values { get; } = [];

        public Action<ulong>? OnReport { get; init; }

        public void Report(ulong value)
        {
            Values.Add(value);
            OnReport?.Invoke(value);
        }
    }
}
