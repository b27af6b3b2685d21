using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Emulator.Tests.Wire;

/// <summary>
/// Every body whose layout the captured version 1 datagrams do not prove, against bytes that were written by hand from
/// the tables of the wire specification (§3). Each is written over rubbish, so that no byte is left out.
/// </summary>
public sealed class BodyLayoutTests
{
    private const ulong A = 0x1112131415161718;
    private const ulong B = 0x2122232425262728;
    private const string HexA = "1817161514131211";
    private const string HexB = "2827262524232221";

    private delegate int Writer(Span<byte> body);

    [Theory]
    [InlineData(WireShape.V1, "05000000" + "02000000" + "01000000" + HexA + HexB)]
    [InlineData(WireShape.MidA, "05000000" + "02000000" + "01000000" + "02000000" + HexA + HexB)]
    [InlineData(WireShape.V2, "05000000" + "02000000" + "01000000" + "02000000" + HexA + HexB)]
    public void Buffer_open(object shape, string hex)
    {
        var message = new BufferOpenRequest(
            5, BufferAllocType.HbmVnoc, BufferAllocDirection.HostToDevice, QdmaChannel.Channel1, A, B);
        Check(hex, body => message.Write(body, (WireShape)shape));
        Assert.True(BufferOpenRequest.TryParse(Convert.FromHexString(hex), (WireShape)shape, out var parsed));
        Assert.Equal(message with { Channel = parsed.Channel }, parsed);
        Assert.Equal((WireShape)shape == WireShape.V1 ? QdmaChannel.Auto : QdmaChannel.Channel1, parsed.Channel);
    }

    [Theory]
    [InlineData(WireShape.V1, HexA + HexB, 1)]
    [InlineData(WireShape.V2, HexA + HexB + "02000000", 2)]
    public void Buffer_open_reply(object shape, string hex, uint pairs)
    {
        Check(hex, body => new BufferOpenResponse(A, B, 2).Write(body, (WireShape)shape));
        Assert.True(BufferOpenResponse.TryParse(Convert.FromHexString(hex), out var parsed));
        Assert.Equal(new BufferOpenResponse(A, B, pairs), parsed);
    }

    [Theory]
    [InlineData(WireShape.V1, "05000000" + "02000000" + HexA + HexB)]
    [InlineData(WireShape.V2, "05000000" + "02000000" + "01000000" + HexA + HexB)]
    public void Buffer_open_raw(object shape, string hex)
    {
        var message = new BufferOpenRawRequest(5, BufferAllocDirection.DeviceToHost, QdmaChannel.Channel0, A, B);
        Check(hex, body => message.Write(body, (WireShape)shape));
        Assert.True(BufferOpenRawRequest.TryParse(Convert.FromHexString(hex), (WireShape)shape, out var parsed));
        Assert.Equal(message with { Channel = parsed.Channel }, parsed);
    }

    [Theory]
    [InlineData(WireShape.V1, "00", 1)]
    [InlineData(WireShape.V2, "02000000", 2)]
    public void Buffer_open_raw_reply(object shape, string hex, uint pairs)
    {
        Check(hex, body => new BufferOpenRawResponse(2).Write(body, (WireShape)shape));
        Assert.True(BufferOpenRawResponse.TryParse(Convert.FromHexString(hex), out var parsed));
        Assert.Equal(pairs, parsed.QueuePairCount);
    }

    [Theory]
    [InlineData(WireShape.V1, "1c000000" + "01000000" + "03000000" + "040000000500000006000000" + "07000000")]
    [InlineData(
        WireShape.MidA,
        "20000000" + "01000000" + "03000000" + "02000000" + "040000000500000006000000" + "07000000")]
    [InlineData(
        WireShape.V2,
        "24000000" + "01000000" + "03000000" + "02000000" + "040000000500000006000000" + "07000000" + "08000000")]
    public void Queue_pair(object boxed, string hex)
    {
        var shape = (WireShape)boxed;
        var message = new QueuePairConfig(
            QdmaMode.Streaming,
            QdmaDirections.HostToCard | QdmaDirections.CardToHost,
            shape == WireShape.V1 ? QdmaChannel.Auto : QdmaChannel.Channel1,
            4,
            5,
            6,
            7,
            shape == WireShape.V2 ? 8u : 0);
        Check(hex, body => message.Write(body, shape));
        Assert.True(QueuePairConfig.TryParse(Convert.FromHexString(hex), shape, out var parsed));
        Assert.Equal(message, parsed);
        Check("09000000" + hex, body => new QueuePairAddRequest(9, message).Write(body, shape));
        Assert.True(QueuePairAddRequest.TryShapeOf(4 + (hex.Length / 2), out WireShape found));
        Assert.Equal(shape, found);
    }

    [Fact]
    public void Device_info_of_version_2_ends_with_shell_and_jtag()
    {
        var message = new DeviceInfoResponse("n", "b", 0x0102, 0x0304, 0x0506, 0x0708, ShellType.Compute, true);
        string hex = "6e" + Zeros(127) + "62" + Zeros(31) + "0201" + "0403" + "0605" + "0807";
        Check(hex, body => message.Write(body, WireShape.V1));
        Check(hex + "0201", body => message.Write(body, WireShape.V2));
        Assert.True(DeviceInfoResponse.TryParse(Convert.FromHexString(hex + "0201"), out var parsed));
        Assert.Equal(message, parsed);
        Assert.True(DeviceInfoResponse.TryParse(Convert.FromHexString(hex), out parsed));
        Assert.Equal(message with { Shell = ShellType.Unknown, IsJtagBoot = false }, parsed);
    }

    [Theory]
    [InlineData(WireShape.V1, false, "14000000" + "40000000010000000200000003000000")]
    [InlineData(WireShape.V2, false, "34000000" + "40000000010000000200000003000000" + "36353a30302e31")]
    [InlineData(WireShape.V2, true, "34000000" + "36353a30302e31" + "*" + "40000000010000000200000003000000")]
    public void Qdma_info_has_its_bdf_behind_or_before_the_counters(object boxed, bool bdfFirst, string pattern)
    {
        var shape = (WireShape)boxed;
        string hex = pattern.Replace("*", Zeros(25), StringComparison.Ordinal);
        hex += shape == WireShape.V2 && !bdfFirst ? Zeros(25) : "";
        var message = new QdmaInfoResponse(0x40, 1, 2, 3, shape == WireShape.V2 ? "65:00.1" : "");
        Check(hex, body => message.Write(body, shape, bdfFirst));
        Assert.True(QdmaInfoResponse.TryParse(Convert.FromHexString(hex), out var parsed));
        Assert.Equal(message, parsed);
    }

    [Fact]
    public void Small_bodies()
    {
        Check("05000000" + "02", body => new DesignWriteRequest(5, ShellType.Compute).Write(body, WireShape.V2));
        Check("05000000", body => new DesignWriteRequest(5, ShellType.Compute).Write(body, WireShape.V1));
        Check("05000000" + "04" + "ff", body => Reset().Write(body, WireShape.V1));
        Check("05000000" + "04" + "ff" + "01", body => Reset().Write(body, WireShape.V2));
        Check("05000000" + "02" + "01", body => new ShellStateRequest(5, ShellType.Compute, true).Write(body));
        Check("05000000" + "03" + "000000" + "07000000", body => new CfgmemProgramRequest(5, 3, 7).Write(body));
        Check(HexA, body => new UInt64Body(A).Write(body));

        static HotplugRequest Reset() =>
            new(5, HotplugOperation.ResetSequence, HotplugRequest.AllFunctions, ShellType.Service);
    }

    [Fact]
    public void Cfgmem_status()
    {
        var message = new CfgmemStatusResponse(
            A, CfgmemJobState.Failed, CfgmemJobPhase.Rescanning, 1, 2, B, VrtdReturnCode.InternalError);
        string hex = HexA + "03000000" + "07000000" + "0100000000000000" + "0200000000000000" + HexB + "0600";
        Check(hex, body => message.Write(body));
        Assert.True(CfgmemStatusResponse.TryParse(Convert.FromHexString(hex), out var parsed));
        Assert.Equal(message, parsed);
    }

    [Fact]
    public void Sensors_are_72_bytes_each_and_56_fit()
    {
        var sensor = new SensorRecord("v", SensorTypes.Voltage, SensorStatus.Ok, -3, -2);
        string hex = "01000000" + "76" + Zeros(63) + "04" + "01" + "fd" + "00" + "feffffff";
        Check(hex, body => SensorInfoResponse.Write(body, [sensor]));
        Assert.True(SensorInfoResponse.TryParse(Convert.FromHexString(hex), out SensorRecord[] parsed));
        Assert.Equal([sensor], parsed);
        Assert.Equal(56, SensorInfoResponse.MaxRecords);

        // The count and the length have to agree.
        Assert.False(SensorInfoResponse.TryParse(Convert.FromHexString(hex + "00"), out _));
        Assert.False(SensorInfoResponse.TryParse(Convert.FromHexString(hex).AsSpan(0, 75), out _));
        Assert.False(SensorInfoResponse.TryParse(Convert.FromHexString("02" + hex[2..]), out _));
        Assert.False(SensorInfoResponse.TryParse(Convert.FromHexString("ffffffff"), out _));
    }

    private static void Check(string hex, Writer write)
    {
        var body = new byte[FrameHeader.MaxBody];
        Array.Fill(body, (byte)0xEE);
        int length = write(body);
        Assert.Equal(hex.ToUpperInvariant(), Convert.ToHexString(body.AsSpan(0, length)));
        Assert.True(body.AsSpan(length).IndexOfAnyExcept((byte)0xEE) < 0, "bytes behind the body were written");
    }

    private static string Zeros(int count) => new('0', 2 * count);
}
