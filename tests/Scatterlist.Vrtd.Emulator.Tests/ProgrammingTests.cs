using Scatterlist.Testing;
using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Emulator.Tests;

public sealed class ProgrammingTests : IDisposable
{
    private const ulong DesignAddress = 0x1_0210_0000;

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData((3 << 20) + 17)] // more than one piece, and no whole number of pages
    public void A_design_arrives_at_its_address(int length)
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start();
        using var client = new WireClient(daemon);
        byte[] design = Bytes.Pattern(length, length);
        using FileDescriptor input = Input(design);
        Assert.Equal(VrtdReturnCode.Ok, Write(client, input));
        using WireReply raw = client.OpenRaw(0, 1);
        Assert.Equal(design, Posix.ReadBytes(raw.Fd, length, DesignAddress));
        Assert.Equal(0, Posix.ReadBytes(raw.Fd, 1, DesignAddress + (ulong)length)[0]);
    }

    [Fact]
    public void A_shorter_design_is_not_followed_by_the_rest_of_the_last_one()
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start();
        using var client = new WireClient(daemon);
        using FileDescriptor first = Input(Bytes.Pattern(1, 100_000));
        using FileDescriptor second = Input(Bytes.Pattern(2, 50_000));
        Assert.Equal(VrtdReturnCode.Ok, Write(client, first));
        Assert.Equal(VrtdReturnCode.Ok, Write(client, second));
        using WireReply raw = client.OpenRaw(0, 1);
        byte[] after = Posix.ReadBytes(raw.Fd, 100_000, DesignAddress);
        Assert.Equal(Bytes.Pattern(2, 50_000), after[..50_000]);
        Assert.All(after[50_000..], value => Assert.Equal(0, value));
    }

    [Fact]
    public void One_design_at_a_time_and_only_its_own_client_waits()
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start();
        using var writer = new WireClient(daemon);
        using var other = new WireClient(daemon);
        (FileDescriptor reader, FileDescriptor pipe) = Posix.Pipe();
        using (reader)
        {
            writer.Send(Opcode.DesignWrite, Requests.Design(default, WireShape.V1), reader.Value);
            using FileDescriptor second = Input([1]);
            // The first write waits for its pipe; the second is refused as soon as the first has begun.
            Eventually.True(() => Write(other, second) == VrtdReturnCode.Busy, "the writer is busy");
            Assert.Equal(VrtdReturnCode.Ok, other.CodeOf(Opcode.GetNumDevices, new byte[1]));
            pipe.Dispose();
            Assert.Equal(VrtdReturnCode.Ok, writer.Receive().Code);
            Assert.Equal(VrtdReturnCode.Ok, Write(other, second));
        }
    }

    [Fact]
    public void Without_a_descriptor_or_a_writer_there_is_no_design()
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start(new EmulatorOptions { HasDesignWriter = false });
        using var client = new WireClient(daemon);
        using FileDescriptor input = Input([1]);
        Assert.Equal(VrtdReturnCode.BadRequest, client.CodeOf(Opcode.DesignWrite, new byte[4]));
        Assert.Equal(VrtdReturnCode.NotExist, Write(client, input));
    }

    [Fact]
    public void An_input_that_cannot_be_read_is_an_internal_error()
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start();
        using var client = new WireClient(daemon);
        (FileDescriptor reader, FileDescriptor unreadable) = Posix.Pipe();
        using (reader)
        using (unreadable)
            Assert.Equal(VrtdReturnCode.InternalError, Write(client, unreadable));
        using FileDescriptor good = Input([1]);
        Assert.Equal(VrtdReturnCode.Ok, Write(client, good));
    }

    [Fact]
    public void A_design_beyond_the_limit_fails_and_leaves_nothing()
    {
        Assert.Equal(1UL << 30, new EmulatorOptions().MaxDesignLength);
        using EmulatedDaemon daemon = EmulatedDaemon.Start(new EmulatorOptions { MaxDesignLength = 3 << 20 });
        using var client = new WireClient(daemon);
        using FileDescriptor longest = Input(Bytes.Pattern(1, 3 << 20));
        using FileDescriptor tooLong = Input(Bytes.Pattern(2, (3 << 20) + 1));
        Assert.Equal(VrtdReturnCode.InternalError, Write(client, tooLong));
        Assert.Equal(0UL, daemon.GetStatistics().CommittedBytes);
        Assert.Equal(VrtdReturnCode.Ok, Write(client, longest));
    }

    [Fact]
    public void Stopping_does_not_wait_for_an_input_that_never_ends()
    {
        (FileDescriptor reader, FileDescriptor pipe) = Posix.Pipe();
        using (reader)
        using (pipe)
        {
            EmulatedDaemon daemon = EmulatedDaemon.Start();
            using var client = new WireClient(daemon);
            client.Send(Opcode.DesignWrite, Requests.Design(default, WireShape.V1), reader.Value);
            daemon.Dispose();
            Assert.True(client.IsHungUp() || client.IsHungUp());
        }
    }

    [Fact]
    public void A_client_that_dies_while_its_design_is_read_frees_the_writer()
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start();
        (FileDescriptor reader, FileDescriptor pipe) = Posix.Pipe();
        using (reader)
        using (pipe)
        {
            using (var client = new WireClient(daemon))
                client.Send(Opcode.DesignWrite, Requests.Design(default, WireShape.V1), reader.Value);
            Eventually.True(() => daemon.GetStatistics().Connections == 0, "the connection ends");
            using var next = new WireClient(daemon);
            using FileDescriptor input = Input([1]);
            Assert.Equal(VrtdReturnCode.Ok, Write(next, input));
        }
    }

    [Fact]
    public void A_design_for_another_shell_boots_into_it()
    {
        using EmulatedDaemon daemon = Version2();
        using var client = new WireClient(daemon);
        using FileDescriptor input = Input([1]);
        using WireReply lost = client.Open(1);
        Assert.Equal(VrtdReturnCode.InvalidArgument, Write(client, input, ShellType.Unknown));
        Assert.Equal(VrtdReturnCode.InvalidArgument, Write(client, input, (ShellType)3));
        Assert.Equal(VrtdReturnCode.Ok, Write(client, input, ShellType.Compute));
        Assert.Equal(1, daemon.GetStatistics().Buffers);
        Assert.Equal(VrtdReturnCode.Ok, Write(client, input, ShellType.Service));
        Assert.Equal(ShellType.Service, Shell(client).Shell);
        Assert.Equal(0, daemon.GetStatistics().Buffers);
    }

    [Fact]
    public void A_card_that_jtag_booted_keeps_its_shell()
    {
        using EmulatedDaemon daemon = Version2(isJtagBoot: true);
        using var client = new WireClient(daemon);
        using FileDescriptor input = Input([1]);
        Assert.True(Shell(client).IsJtagBoot);
        Assert.Equal(VrtdReturnCode.ShellLocked, Write(client, input, ShellType.Service));
        Assert.Equal(VrtdReturnCode.Ok, Write(client, input, ShellType.Compute));
        byte[] reset = Requests.Hotplug(
            HotplugOperation.ResetSequence, shell: ShellType.Service, shape: WireShape.V2);
        Assert.Equal(VrtdReturnCode.ShellLocked, client.CodeOf(Opcode.DeviceHotplug, reset));
    }

    [Fact]
    public void The_shell_state_can_be_told_but_not_contradicted()
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start(
            new EmulatorOptions { Profile = WireProfile.Version2, Shell = ShellType.Unknown });
        using var client = new WireClient(daemon);
        Assert.Equal(VrtdReturnCode.InvalidArgument, Tell(client, ShellType.Unknown));
        Assert.Equal(VrtdReturnCode.InvalidArgument, Tell(client, (ShellType)3));
        Assert.Equal(VrtdReturnCode.Ok, Tell(client, ShellType.Service, isJtagBoot: true));
        Assert.Equal(VrtdReturnCode.Busy, Tell(client, ShellType.Compute, isJtagBoot: true));
        Assert.Equal(VrtdReturnCode.Busy, Tell(client, ShellType.Service, isJtagBoot: false));
        Assert.Equal(VrtdReturnCode.Ok, Tell(client, ShellType.Service, isJtagBoot: true));
        Assert.Equal((ShellType.Service, true), (Shell(client).Shell, Shell(client).IsJtagBoot));
    }

    [Fact]
    public void A_cfgmem_job_runs_in_the_background_to_its_end()
    {
        using EmulatedDaemon daemon = Version2();
        using var client = new WireClient(daemon);
        using var other = new WireClient(daemon);
        using FileDescriptor image = Input(Bytes.Pattern(3, 2_500_000));
        using WireReply started = client.Ask(Opcode.CfgmemProgramStart, new byte[12], image.Value);
        Assert.True(UInt64Body.TryParse(started.Body, out UInt64Body job));
        CfgmemStatusResponse status = default;
        Eventually.True(
            () => (status = Status(client, job.Value)).State >= CfgmemJobState.Done, "the job ends");
        Assert.Equal((CfgmemJobState.Done, CfgmemJobPhase.Done), (status.State, status.Phase));
        Assert.Equal((2_500_000UL, 2_500_000UL), (status.BytesWritten, status.BytesTotal));
        Assert.Equal(VrtdReturnCode.Ok, status.Result);
        Assert.Equal(VrtdReturnCode.AuthError, other.CodeOf(Opcode.CfgmemProgramStatus, started.Body));
        Assert.Equal(VrtdReturnCode.NotExist, client.CodeOf(Opcode.CfgmemProgramStatus, new byte[8]));
    }

    [Fact]
    public void One_device_operation_at_a_time_for_the_whole_daemon()
    {
        using EmulatedDaemon daemon = Version2(devices: 2);
        using var client = new WireClient(daemon);
        (FileDescriptor reader, FileDescriptor pipe) = Posix.Pipe();
        using (reader)
        {
            byte[] body = Requests.Of(Opcode.CfgmemProgramStart);
            using WireReply started = client.Ask(Opcode.CfgmemProgramStart, body, reader.Value);
            Assert.Equal(VrtdReturnCode.Ok, started.Code);
            byte[] second = Requests.Of(Opcode.CfgmemProgramStart, device: 1);
            Assert.Equal(VrtdReturnCode.Busy, client.CodeOf(Opcode.CfgmemProgramStart, second, reader.Value));
            byte[] reset = Requests.Hotplug(HotplugOperation.ResetSequence);
            Assert.Equal(VrtdReturnCode.Busy, client.CodeOf(Opcode.DeviceHotplug, reset));
            pipe.Dispose();
            Assert.True(UInt64Body.TryParse(started.Body, out UInt64Body job));
            Eventually.True(() => Status(client, job.Value).State == CfgmemJobState.Done, "the job ends");
            // The place is free a moment after the job has ended.
            Eventually.True(
                () => client.CodeOf(Opcode.DeviceHotplug, reset) == VrtdReturnCode.Ok, "the place is free again");
        }
    }

    [Fact]
    public void A_cfgmem_request_waits_for_its_end_and_needs_a_descriptor()
    {
        using EmulatedDaemon daemon = Version2();
        using var client = new WireClient(daemon);
        using FileDescriptor image = Input(new byte[10]);
        using FileDescriptor unreadable = Posix.Pipe().Writer;
        Assert.Equal(VrtdReturnCode.BadRequest, client.CodeOf(Opcode.CfgmemProgram, new byte[12]));
        Assert.Equal(VrtdReturnCode.BadRequest, client.CodeOf(Opcode.CfgmemProgramStart, new byte[12]));
        Assert.Equal(VrtdReturnCode.Ok, client.CodeOf(Opcode.CfgmemProgram, new byte[12], image.Value));
        Assert.Equal(
            VrtdReturnCode.InternalError, client.CodeOf(Opcode.CfgmemProgram, new byte[12], unreadable.Value));
    }

    private static EmulatedDaemon Version2(bool isJtagBoot = false, int devices = 1) =>
        EmulatedDaemon.Start(new EmulatorOptions
        {
            Profile = WireProfile.Version2,
            IsJtagBoot = isJtagBoot,
            DeviceCount = devices,
            ResetDuration = TimeSpan.FromMilliseconds(1),
        });

    private static VrtdReturnCode Write(WireClient client, FileDescriptor input, ShellType? shell = null)
    {
        Posix.Seek(input.Value, 0);
        byte[] body = Requests.Design(shell ?? default, shell is null ? WireShape.V1 : WireShape.V2);
        return client.CodeOf(Opcode.DesignWrite, body, input.Value);
    }

    private static VrtdReturnCode Tell(WireClient client, ShellType shell, bool isJtagBoot = false) =>
        client.CodeOf(Opcode.SetShellState, Requests.ShellState(shell, isJtagBoot));

    private static DeviceInfoResponse Shell(WireClient client)
    {
        using WireReply reply = client.AskDevice(Opcode.GetDeviceInfo);
        Assert.True(DeviceInfoResponse.TryParse(reply.Body, out DeviceInfoResponse info));
        return info;
    }

    private static CfgmemStatusResponse Status(WireClient client, ulong job)
    {
        var body = new byte[UInt64Body.Size];
        new UInt64Body(job).Write(body);
        using WireReply reply = client.Ask(Opcode.CfgmemProgramStatus, body);
        Assert.True(CfgmemStatusResponse.TryParse(reply.Body, out CfgmemStatusResponse status));
        Assert.Equal(job, status.Job);
        return status;
    }

    private FileDescriptor Input(byte[] bytes)
    {
        string path = _directory[Guid.NewGuid().ToString("N")];
        File.WriteAllBytes(path, bytes);
        using FileStream file = File.OpenRead(path);
        return FileDescriptor.DuplicateOf((int)file.SafeFileHandle.DangerousGetHandle());
    }
}
