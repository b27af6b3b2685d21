using System.Diagnostics;
using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Emulator.Tests;

public sealed class FaultTests : IDisposable
{
    private const ulong Ddr = 0x600_0000_0000;

    private readonly EmulatedDaemon _daemon = EmulatedDaemon.Start();
    private readonly WireClient _client;

    public FaultTests() => _client = new WireClient(_daemon);

    public void Dispose()
    {
        Assert.Null(_daemon.UnexpectedError);
        _client.Dispose();
        _daemon.Dispose();
    }

    [Fact]
    public void A_code_is_answered_instead_of_the_request_being_done()
    {
        Inject("busy@buffer-open,skip=1,count=2");
        using WireReply first = _client.Open(1);
        Assert.Equal(VrtdReturnCode.Ok, first.Code);
        Assert.Equal(VrtdReturnCode.Busy, _client.Open(1).Code);
        Assert.Equal(VrtdReturnCode.Ok, _client.CodeOf(Opcode.GetNumDevices, new byte[1]));
        Assert.Equal(VrtdReturnCode.Busy, _client.Open(1).Code);
        Assert.Equal(1, _daemon.GetStatistics().Buffers);
        using WireReply last = _client.Open(1);
        Assert.Equal(VrtdReturnCode.Ok, last.Code);
        Assert.Equal(2, _daemon.Options.Faults.InjectedCount);
    }

    [Fact]
    public void Any_number_can_be_a_code()
    {
        Inject("return-code,code=4711,count=all");
        Assert.Equal((VrtdReturnCode)4711, _client.CodeOf(Opcode.GetNumDevices, new byte[1]));
        _daemon.Options.Faults.Clear();
        Assert.Equal(VrtdReturnCode.Ok, _client.CodeOf(Opcode.GetNumDevices, new byte[1]));
    }

    [Fact]
    public void A_delay_is_waited_for_and_delays_nobody_else()
    {
        Inject("delay@get-device-info,delay=300000");
        _client.Send(Opcode.GetDeviceInfo, new byte[4]);
        using var other = new WireClient(_daemon);
        for (int i = 0; i < 10; i++)
            Assert.Equal(VrtdReturnCode.Ok, other.CodeOf(Opcode.GetNumDevices, new byte[1]));
        Assert.False(_client.Socket.WaitReadable(TimeSpan.Zero));
        // The five minutes end with the daemon.
        _daemon.Dispose();
        Assert.True(_client.IsHungUp());
    }

    [Fact]
    public void A_short_delay_ends_with_the_answer()
    {
        Inject("delay,delay=20");
        long start = Stopwatch.GetTimestamp();
        Assert.Equal(VrtdReturnCode.Ok, _client.CodeOf(Opcode.GetNumDevices, new byte[1]));
        Assert.True(Stopwatch.GetElapsedTime(start) >= TimeSpan.FromMilliseconds(15));
    }

    [Fact]
    public void The_sequence_number_can_be_wrong()
    {
        Inject("wrong-sequence");
        uint sent = _client.Send(Opcode.GetNumDevices, new byte[1]);
        Assert.NotEqual(sent, _client.Receive().Sequence);
    }

    [Fact]
    public void Descriptors_can_be_missing_or_too_many()
    {
        Inject("missing-descriptor@BUFFER_OPEN");
        Inject("surplus-descriptor@BUFFER_OPEN");
        Inject("surplus-descriptor@GET_NUM_DEVICES");
        using WireReply none = _client.Open(1);
        Assert.Equal((VrtdReturnCode.Ok, 0), (none.Code, none.Descriptors.Length));
        using WireReply two = _client.Open(1);
        Assert.Equal(2, two.Descriptors.Length);
        using WireReply one = _client.Ask(Opcode.GetNumDevices, new byte[1]);
        Assert.Single(one.Descriptors);
    }

    [Fact]
    public void Bodies_can_be_short_in_a_good_frame()
    {
        Inject("short-body@get-device-info,length=100");
        Inject("short-body@get-device-info,length=9999");
        using WireReply some = _client.AskDevice(Opcode.GetDeviceInfo);
        Assert.Equal(68, some.Body.Length);
        using WireReply nothing = _client.AskDevice(Opcode.GetDeviceInfo);
        Assert.Empty(nothing.Body);
    }

    [Fact]
    public void Frames_can_be_bad()
    {
        Inject("bad-framing");
        _client.Send(Opcode.GetNumDevices, new byte[1]);
        byte[] frame = _client.ReceiveRaw(out _)!;
        Assert.False(FrameHeader.TryParse(frame, out _, out _));
    }

    [Fact]
    public void It_can_die_in_the_middle_of_a_reply()
    {
        Inject("die-mid-reply");
        _client.Send(Opcode.BufferOpen, Requests.Of(Opcode.BufferOpen));
        byte[] half = _client.ReceiveRaw(out FileDescriptor[] descriptors)!;
        Assert.Equal((12, 0), (half.Length, descriptors.Length));
        Assert.True(_client.IsHungUp());
        Assert.Equal(0, _daemon.GetStatistics().Buffers);
    }

    [Fact]
    public void It_can_hang_up_instead_of_answering()
    {
        Inject("disconnect");
        _client.Send(Opcode.GetNumDevices, new byte[1]);
        Assert.True(_client.IsHungUp());
    }

    [Fact]
    public void An_answer_can_get_lost()
    {
        Inject("drop-reply@buffer-open");
        _client.Send(Opcode.BufferOpen, Requests.Of(Opcode.BufferOpen));
        Assert.Equal(VrtdReturnCode.Ok, _client.CodeOf(Opcode.GetNumDevices, new byte[1]));
        Assert.Equal(1, _daemon.GetStatistics().Buffers);
    }

    [Fact]
    public void Memory_can_end_early()
    {
        Inject($"truncated-memory@buffer-open,length={Ddr + 100}");
        using WireReply opened = _client.Open(1);
        Assert.Equal(100, Posix.Read(opened.Fd, new byte[4096], Ddr));
        Assert.Equal(0, Posix.Read(opened.Fd, new byte[4096], Ddr + 100));
        Assert.Equal(8, Posix.Write(opened.Fd, new byte[8], Ddr + 4096));
        Assert.Equal(8, Posix.Read(opened.Fd, new byte[4096], Ddr + 4096));
    }

    [Theory]
    [InlineData("")]
    [InlineData("@buffer-open")]
    [InlineData("frobnicate")]
    [InlineData("delay@make-coffee")]
    [InlineData("delay,delay=soon")]
    [InlineData("delay,delay=-1")]
    [InlineData("busy,count=99999999999")]
    [InlineData("busy,colour=blue")]
    [InlineData("return-code,code=65536")]
    public void A_text_that_is_no_rule_says_why(string text)
    {
        var refusal = Assert.Throws<FormatException>(() => FaultRule.Parse(text));
        Assert.Contains("fault", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rule_can_be_typed()
    {
        Assert.Equal(
            new FaultRule
            {
                Kind = FaultKind.ReturnCode,
                Opcode = Opcode.QdmaQueuePairOperation,
                Code = VrtdReturnCode.InternalError,
                Skip = 3,
                Count = int.MaxValue,
            },
            FaultRule.Parse("internal_error@QDMA_QPAIR_OP, skip=3, count=all"));
        Assert.Equal(
            new FaultRule { Kind = FaultKind.Delay, Delay = TimeSpan.FromMilliseconds(5), Length = 7 },
            FaultRule.Parse("DELAY,delay=5,length=7"));
    }

    private void Inject(string rule) => _daemon.Options.Faults.Add(FaultRule.Parse(rule));
}
