using Scatterlist.Vrtd.Emulator;
using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Tests;

/// <summary>Programming designs and configuration memory.</summary>
public sealed class DesignTests
{
    private const ulong DesignAddress = 0x1_0210_0000;

    [Theory]
    [InlineData(WireProfile.Version1)]
    [InlineData(WireProfile.Version2)]
    public async Task A_design_from_a_stream_arrives_with_progress(WireProfile profile)
    {
        using Emulated emulated = new(profile);
        byte[] design = Pattern.Make(1_000_003);
        Recorder progress = new();
        await emulated.Device.DesignWriteAsync(new MemoryStream(design), progress: progress);

        Assert.Equal(design, ReadBack(emulated, design.Length));
        Assert.Equal((ulong)design.Length, progress.Values[^1]);
        Assert.Equal(progress.Values.Order(), progress.Values);
        Assert.True(progress.Values.Count > 10);
    }

    [Fact]
    public void A_design_from_a_file_arrives()
    {
        using Emulated emulated = new();
        using TempDirectory directory = new();
        string path = Path.Combine(directory.Path, "design.pdi");
        byte[] design = Pattern.Make(70_000);
        File.WriteAllBytes(path, design);
        emulated.Device.DesignWriteFile(path);

        Assert.Equal(design, ReadBack(emulated, design.Length));
        Assert.Throws<FileNotFoundException>(() => emulated.Device.DesignWriteFile(path + ".missing"));
    }

    [Fact]
    public void A_locked_shell_is_named()
    {
        using Emulated emulated = new(
            WireProfile.Version2, new EmulatorOptions { IsJtagBoot = true, Shell = ShellType.Compute });
        using HostBuffer design = HostBuffer.Allocate(4096, new HostBufferOptions { IsShareable = true });

        VrtdException refused = Assert.Throws<VrtdException>(
            () => emulated.Device.DesignWrite(design.Descriptor!, ShellType.Service));

        Assert.Equal(VrtdReturnCode.ShellLocked, refused.ReturnCode);
        Assert.Contains("JTAG", refused.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_design_ends_its_feeding()
    {
        using FakeDaemon daemon = new(request => request.Opcode == Opcode.DesignWrite
            ? FakeReply.Refusal(VrtdReturnCode.Busy)
            : null);
        using MemoryStream endless = new(new byte[10 << 20]);

        VrtdException refused = await Assert.ThrowsAsync<VrtdException>(
            () => daemon.Session.GetDevice(0).DesignWriteAsync(endless));

        Assert.Equal(VrtdReturnCode.Busy, refused.ReturnCode);
        Assert.Equal(1, daemon.Session.GetNumDevices());
    }

    [Fact]
    public async Task A_stream_that_cannot_be_read_is_reported()
    {
        using Emulated emulated = new();

        IOException failure = await Assert.ThrowsAsync<IOException>(
            () => emulated.Device.DesignWriteAsync(new Broken()));

        Assert.IsType<InvalidDataException>(failure.InnerException);
        Assert.Equal(1, emulated.Session.GetNumDevices());
    }

    [Fact]
    public async Task A_cancelled_design_ends_the_wait()
    {
        using ManualResetEvent wake = new(false);
        using CancellationTokenSource cancel = new();
        using FakeDaemon daemon = new(request =>
        {
            if (request.Opcode != Opcode.DesignWrite)
                return null;
            cancel.Cancel();
            return FakeReply.Done with { After = wake };
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => daemon.Session.GetDevice(0).DesignWriteAsync(
            new MemoryStream(new byte[1 << 20]), cancellationToken: cancel.Token));
        wake.Set();
        Assert.Equal(1, daemon.Session.GetNumDevices());
    }

    [Fact]
    public async Task A_cancelled_design_ends_its_pipe_even_if_its_stream_does_not_listen()
    {
        using Emulated emulated = new();
        using CancellationTokenSource cancel = new();
        Task write = emulated.Device.DesignWriteAsync(new Deaf(0x5A), cancellationToken: cancel.Token);
        using Session other = emulated.Connect();
        using DeviceBuffer design = other.GetDevice(0).OpenRawBuffer(new DeviceAddress(DesignAddress), 1);
        Eventually.True(() => ReadByte(design) == 0x5A, "The daemon read no byte of the design.");
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => write);
        Assert.Equal(1, emulated.Session.GetNumDevices()); // answered in order: the design came to its end
    }

    [Fact]
    public async Task Configuration_memory_is_programmed_with_status()
    {
        using Emulated emulated = new(WireProfile.Version2);
        using HostBuffer image = HostBuffer.Allocate(1 << 20, new HostBufferOptions { IsShareable = true });
        List<CfgmemJobStatus> seen = [];
        CfgmemJobStatus last = await emulated.Device.CfgmemProgramAsync(
            image.Descriptor!, 1, 0, new StatusRecorder(seen.Add), TimeSpan.FromMilliseconds(1));

        Assert.Equal((CfgmemJobState.Done, VrtdReturnCode.Ok), (last.State, last.Result));
        Assert.Equal(1ul << 20, last.BytesTotal);
        Assert.Equal(last.BytesTotal, last.BytesWritten);
        Assert.Equal(last, seen[^1]);
        Assert.Equal(
            VrtdReturnCode.NotExist,
            Assert.Throws<VrtdException>(() => emulated.Device.GetCfgmemStatus(last.Job + 99)).ReturnCode);
    }

    [Fact]
    public async Task A_job_that_fails_is_an_exception_with_its_code()
    {
        byte[] status = new byte[CfgmemStatusResponse.Size];
        new CfgmemStatusResponse(
            5, CfgmemJobState.Failed, CfgmemJobPhase.Downloading, 10, 20, 30, VrtdReturnCode.InternalError)
            .Write(status);
        using FakeDaemon daemon = new(request => request.Opcode switch
        {
            Opcode.CfgmemProgramStart => FakeReply.Of(5, 0, 0, 0, 0, 0, 0, 0),
            Opcode.CfgmemProgramStatus => new FakeReply { Body = status },
            _ => null,
        });
        using HostBuffer image = HostBuffer.Allocate(4096, new HostBufferOptions { IsShareable = true });

        VrtdException failure = await Assert.ThrowsAsync<VrtdException>(
            () => daemon.Session.GetDevice(0).CfgmemProgramAsync(image.Descriptor!, 1, 0));

        Assert.Equal(VrtdReturnCode.InternalError, failure.ReturnCode);
        Assert.Contains("job 5 failed after 10 of 20 bytes", failure.Message, StringComparison.Ordinal);
    }

    private static byte[] ReadBack(Emulated emulated, int length)
    {
        using DeviceBuffer raw = emulated.Session.GetDevice(0)
            .OpenRawBuffer(new DeviceAddress(DesignAddress), (ulong)length);
        byte[] read = new byte[length];
        raw.Read(0, read);
        return read;
    }

    private static byte ReadByte(DeviceBuffer buffer)
    {
        byte[] value = new byte[1];
        buffer.Read(0, value);
        return value[0];
    }

    private sealed class Recorder : IProgress<ulong>
    {
        public List<ulong> Values { get; } = [];

        public void Report(ulong value) => Values.Add(value);
    }

    private sealed class StatusRecorder(Action<CfgmemJobStatus> action) : IProgress<CfgmemJobStatus>
    {
        public void Report(CfgmemJobStatus value) => action(value);
    }

    private sealed class Broken : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new InvalidDataException("broken");
    }

    /// <summary>Gives one byte, and then never again answers, nor heeds its token.</summary>
    private sealed class Deaf(byte value) : MemoryStream
    {
        private bool _isRead;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_isRead)
                return new ValueTask<int>(new TaskCompletionSource<int>().Task);
            _isRead = true;
            buffer.Span[0] = value;
            return new ValueTask<int>(1);
        }
    }
}
