using System.Diagnostics;
using Scatterlist.HostFd;
using Scatterlist.Testing;
using Scatterlist.Transfer;

namespace Scatterlist.Transfer.Tests;

public sealed class FileEndpointTests : IDisposable
{
    private readonly TempDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_replaces_a_longer_one()
    {
        byte[] bytes = ScriptedEndpoint.RandomBytes(1_000_001);
        File.WriteAllBytes(_folder["in"], bytes);
        File.WriteAllBytes(_folder["out"], new byte[2_000_000]);
        using FileEndpoint source = FileEndpoint.OpenSource(_folder["in"]);
        using FileEndpoint destination = FileEndpoint.OpenDestination(_folder["out"]);

        CopyReport report = CopyEngine.Copy(source, destination, new CopyOptions { IsVerified = true });

        Assert.Equal((ulong)bytes.Length, report.Bytes);
        Assert.Equal(bytes, File.ReadAllBytes(_folder["out"]));
    }

    [Fact]
    public void Opening_a_destination_keeps_what_it_holds_until_the_copy_starts()
    {
        File.WriteAllText(_folder["out"], "precious");

        FileEndpoint.OpenDestination(_folder["out"]).Dispose();

        Assert.Equal("precious", File.ReadAllText(_folder["out"]));
    }

    [Fact]
    public void A_file_is_recognised_under_other_names()
    {
        File.WriteAllText(_folder["file"], "x");
        File.WriteAllText(_folder["other"], "x");
        File.CreateSymbolicLink(_folder["link"], _folder["file"]);
        using FileEndpoint file = FileEndpoint.OpenSource(_folder["file"]);
        using FileEndpoint link = FileEndpoint.OpenDestination(_folder["link"]);
        using FileEndpoint other = FileEndpoint.OpenDestination(_folder["other"]);
        using FileEndpoint nowhere = FileEndpoint.OpenDestination("/dev/null");
        using FileEndpoint again = FileEndpoint.OpenSource("/dev/null");

        Assert.True(file.IsSameFileAs(link));
        Assert.False(file.IsSameFileAs(other));
        Assert.False(nowhere.IsSameFileAs(again)); // no regular file: copying it onto itself harms nothing
    }

    [Fact]
    public void Files_of_proc_are_read_to_their_end_although_their_size_is_0()
    {
        using FileEndpoint source = FileEndpoint.OpenSource("/proc/self/maps");
        using FileEndpoint destination = FileEndpoint.OpenDestination(_folder["out"]);

        CopyReport report = CopyEngine.Copy(source, destination);

        Assert.True(report.Bytes > 1000);
        Assert.Equal((long)report.Bytes, new FileInfo(_folder["out"]).Length);
    }

    [Fact]
    public void An_endless_device_is_copied_as_far_as_asked()
    {
        using FileEndpoint source = FileEndpoint.OpenSource("/dev/zero");
        using FileEndpoint destination = FileEndpoint.OpenDestination(_folder["out"]);

        CopyEngine.Copy(source, destination, new CopyOptions { Length = 1_234_567 });

        Assert.Equal(1_234_567, new FileInfo(_folder["out"]).Length);
    }

    [Fact]
    public void A_pipe_carries_more_than_it_holds_in_both_directions()
    {
        byte[] bytes = ScriptedEndpoint.RandomBytes(3_000_001);
        File.WriteAllBytes(_folder["in"], bytes);
        using Process make = Process.Start("mkfifo", [_folder["pipe"]]);
        make.WaitForExit();

        Task writing = Task.Run(() =>
        {
            using FileEndpoint source = FileEndpoint.OpenSource(_folder["in"]);
            using FileEndpoint pipe = FileEndpoint.OpenDestination(_folder["pipe"]);
            CopyEngine.Copy(source, pipe, new CopyOptions { ChunkSize = 1 << 20 });
        });
        using (FileEndpoint pipe = FileEndpoint.OpenSource(_folder["pipe"]))
        using (FileEndpoint destination = FileEndpoint.OpenDestination(_folder["out"]))
            CopyEngine.Copy(pipe, destination, new CopyOptions { IsVerified = true, Length = (ulong)bytes.Length });
        writing.Wait();

        Assert.Equal(bytes, File.ReadAllBytes(_folder["out"]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_copy_that_waits_for_a_stream_ends_when_cancelled(bool waitsForData)
    {
        using Process make = Process.Start("mkfifo", [_folder["pipe"]]);
        make.WaitForExit();
        using FileDescriptor other = HostFile.Open(_folder["pipe"], OpenFlags.ReadWrite); // never reads, never writes
        using FileEndpoint pipe = waitsForData
            ? FileEndpoint.OpenSource(_folder["pipe"])
            : FileEndpoint.OpenDestination(_folder["pipe"]);
        using FileEndpoint zero = FileEndpoint.OpenSource("/dev/zero");
        using FileEndpoint nowhere = FileEndpoint.OpenDestination("/dev/null");
        using var stop = new CancellationTokenSource();
        ulong seen = 0;
        Task copying = waitsForData
            ? CopyEngine.CopyAsync(pipe, nowhere, null, stop.Token)
            : CopyEngine.CopyAsync(
                zero, pipe, new CopyOptions { ChunkSize = 4096, Progress = new Seen(value => seen = value) }, stop.Token);

        if (!waitsForData)
            Eventually.True(() => Volatile.Read(ref seen) >= 65536, "the pipe does not fill");
        stop.Cancel();

        var ended = Assert.Throws<AggregateException>(() => copying.Wait(TimeSpan.FromMinutes(1)));
        Assert.IsAssignableFrom<OperationCanceledException>(ended.InnerException);
    }

    [Fact]
    public void A_reader_that_goes_away_is_an_error_with_its_name()
    {
        using Process make = Process.Start("mkfifo", [_folder["pipe"]]);
        make.WaitForExit();
        FileDescriptor reader = HostFile.Open(_folder["pipe"], OpenFlags.ReadOnly | OpenFlags.NonBlocking);
        using FileDescriptor writer = HostFile.Open(_folder["pipe"], OpenFlags.WriteOnly);
        using FileEndpoint pipe = FileEndpoint.OpenDestination($"/proc/self/fd/{writer.Value}");
        using FileEndpoint zero = FileEndpoint.OpenSource("/dev/zero");
        reader.Dispose();

        // Opened for reading as well, a pipe is its own reader: it must be opened for writing only.
        Assert.True(pipe.CanWrite);
        var failure = Record.Exception(
            () => CopyEngine.Copy(zero, pipe, new CopyOptions { Length = 1 << 20 }, new CancellationTokenSource(
                TimeSpan.FromSeconds(20)).Token));

        Assert.Equal(Errno.EPIPE, Assert.IsType<TransferException>(failure).Errno);
    }

    [Fact]
    public void What_cannot_be_opened_is_said_so()
    {
        Assert.Equal(
            Errno.ENOENT, Assert.ThrowsAny<ScatterlistException>(() => FileEndpoint.OpenSource(_folder["no"])).Errno);
        Assert.Equal(
            Errno.EISDIR, Assert.ThrowsAny<ScatterlistException>(() => FileEndpoint.OpenSource(_folder.Path)).Errno);
        Assert.Equal(
            Errno.EISDIR,
            Assert.ThrowsAny<ScatterlistException>(() => FileEndpoint.OpenDestination(_folder.Path)).Errno);
    }

    [Fact]
    public void A_full_device_is_an_error_that_tells_how_far_it_came()
    {
        using FileEndpoint zero = FileEndpoint.OpenSource("/dev/zero");
        using FileEndpoint full = FileEndpoint.OpenDestination("/dev/full");

        var failure = Assert.Throws<TransferException>(
            () => CopyEngine.Copy(zero, full, new CopyOptions { Length = 10_000 }));

        Assert.Equal(Errno.ENOSPC, failure.Errno);
        Assert.Equal(0ul, failure.Transferred);
    }

    private sealed class Seen(Action<ulong> see) : IProgress<ulong>
    {
        public void Report(ulong value) => see(value);
    }
}
