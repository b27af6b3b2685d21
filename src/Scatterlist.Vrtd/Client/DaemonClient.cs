using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Client;

/// <summary>
/// The requests of vrtd as calls: encodes, exchanges, checks what came back, throws what was refused.
/// </summary>
internal sealed partial class DaemonClient(Connection connection)
{
    public Connection Connection { get; } = connection;

    public WireKnowledge Knowledge => Connection.Knowledge;

    public int GetNumDevices(CancellationToken cancellationToken)
    {
        const string Operation = "GET_NUM_DEVICES()";

        // The placeholder byte is not optional: daemons of both versions refuse the empty body that libvrtd sends.
        Span<byte> body = stackalloc byte[PlaceholderBody.Size];
        PlaceholderBody.Write(body);
        Span<byte> reply = stackalloc byte[UInt32Body.Size];
        Call(new Request(Opcode.GetNumDevices, body, UInt32Body.Size, Operation), reply, cancellationToken);
        _ = UInt32Body.TryParse(reply, out UInt32Body count);
        return Index(Operation, count.Value);
    }

    public DeviceInfoResponse GetDeviceInfo(int device, CancellationToken cancellationToken)
    {
        string operation = $"GET_DEVICE_INFO(device {device})";
        Span<byte> reply = stackalloc byte[DeviceInfoResponse.SizeIn(WireShape.V2)];
        Span<byte> body = stackalloc byte[UInt32Body.Size];
        new UInt32Body((uint)device).Write(body);
        int length = Call(
            new Request(Opcode.GetDeviceInfo, body, DeviceInfoResponse.SizeIn(WireShape.V1), operation),
            reply,
            cancellationToken);
        Knowledge.LearnFromDeviceInfo(DeviceInfoResponse.ShapeOf(length));
        _ = DeviceInfoResponse.TryParse(reply[..Math.Min(length, reply.Length)], out DeviceInfoResponse info);
        return info;
    }

    public int GetDeviceByBdf(string bdf, CancellationToken cancellationToken)
    {
        string operation = $"GET_DEVICE_BY_BDF({bdf})";
        Span<byte> body = stackalloc byte[DeviceByBdfRequest.Size];
        new DeviceByBdfRequest(bdf).Write(body);
        Span<byte> reply = stackalloc byte[UInt32Body.Size];
        Call(new Request(Opcode.GetDeviceByBdf, body, UInt32Body.Size, operation), reply, cancellationToken);
        _ = UInt32Body.TryParse(reply, out UInt32Body device);
        return Index(operation, device.Value);
    }

    public QdmaInfoResponse GetQdmaInfo(int device, CancellationToken cancellationToken)
    {
        string operation = $"QDMA_GET_INFO(device {device})";
        Span<byte> body = stackalloc byte[UInt32Body.Size];
        new UInt32Body((uint)device).Write(body);
        Span<byte> reply = stackalloc byte[QdmaInfoResponse.SizeIn(WireShape.V2)];
        int length = Call(
            new Request(Opcode.QdmaGetInfo, body, QdmaInfoResponse.SizeIn(WireShape.V1), operation),
            reply,
            cancellationToken);
        _ = QdmaInfoResponse.TryParse(reply[..Math.Min(length, reply.Length)], out QdmaInfoResponse info);
        return info;
    }

    public SensorRecord[] GetSensors(int device, CancellationToken cancellationToken)
    {
        string operation = $"GET_SENSOR_INFO(device {device})";
        Span<byte> body = stackalloc byte[UInt32Body.Size];
        new UInt32Body((uint)device).Write(body);
        byte[] reply = new byte[FrameHeader.MaxBody];
        int length = Call(
            new Request(Opcode.GetSensorInfo, body, SensorInfoResponse.SizeOf(0), operation), reply, cancellationToken);
        return SensorInfoResponse.TryParse(reply.AsSpan(0, length), out SensorRecord[] sensors)
            ? sensors
            : throw Connection.GiveUp(operation, "its count of sensors does not agree with its length");
    }

    public BarInfoResponse GetBarInfo(int device, int bar, CancellationToken cancellationToken)
    {
        string operation = $"GET_BAR_INFO(device {device}, BAR {bar})";
        Span<byte> body = stackalloc byte[BarRequest.Size];
        new BarRequest((uint)device, (byte)bar).Write(body);
        Span<byte> reply = stackalloc byte[BarInfoResponse.Size];
        Call(new Request(Opcode.GetBarInfo, body, BarInfoResponse.Size, operation), reply, cancellationToken);
        _ = BarInfoResponse.TryParse(reply, out BarInfoResponse info);
        return info;
    }

    public (ulong Length, FileDescriptor Descriptor) GetBarDescriptor(
        int device, int bar, CancellationToken cancellationToken)
    {
        Span<byte> body = stackalloc byte[BarRequest.Size];
        new BarRequest((uint)device, (byte)bar).Write(body);
        Span<byte> reply = stackalloc byte[UInt64Body.Size];
        FileDescriptor descriptor = CallForDescriptor(
            new Request(Opcode.GetBarFd, body, UInt64Body.Size, $"GET_BAR_FD(device {device}, BAR {bar})")
            {
                BringsDescriptor = true,
            },
            reply,
            out _,
            cancellationToken);
        _ = UInt64Body.TryParse(reply, out UInt64Body length);
        return (length.Value, descriptor);
    }

    /// <summary>A call that brings no descriptor.</summary>
    /// <returns>The length of the reply's body, which may exceed what <paramref name="reply"/> holds.</returns>
    private int Call(scoped in Request request, scoped Span<byte> reply, CancellationToken cancellationToken)
    {
        Reply answer = Connection.Exchange(request, reply, cancellationToken);
        return answer.Code == VrtdReturnCode.Ok ? answer.Length : throw Refused(request, answer.Code);
    }

    private FileDescriptor CallForDescriptor(
        scoped in Request request, scoped Span<byte> reply, out int length, CancellationToken cancellationToken)
    {
        Reply answer = Connection.Exchange(request, reply, cancellationToken);
        length = answer.Length;
        return answer.Code == VrtdReturnCode.Ok ? answer.Descriptor! : throw Refused(request, answer.Code);
    }

    private static VrtdException Refused(scoped in Request request, VrtdReturnCode code) =>
        VrtdException.Refused(request.Operation, code, VrtdRemedies.For(request.Opcode, code));

    private int Index(string operation, uint value) => value <= int.MaxValue
        ? (int)value
        : throw Connection.GiveUp(operation, $"{value} is no number of devices");
}
