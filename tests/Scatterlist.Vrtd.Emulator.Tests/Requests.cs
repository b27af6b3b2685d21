using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Emulator.Tests;

/// <summary>A well-formed request body of each kind, for device 0 unless another is named.</summary>
internal static class Requests
{
    internal static byte[] Of(Opcode opcode, WireShape shape = WireShape.V1, uint device = 0)
    {
        var body = new byte[256];
        int length = opcode switch
        {
            Opcode.GetNumDevices => PlaceholderBody.Write(body),
            Opcode.GetDeviceInfo or Opcode.QdmaGetInfo or Opcode.GetSensorInfo => new UInt32Body(device).Write(body),
            Opcode.GetBarInfo or Opcode.GetBarFd => new BarRequest(device, 0).Write(body),
            Opcode.QdmaQueuePairAdd => new QueuePairAddRequest(
                device,
                new QueuePairConfig(QdmaMode.MemoryMapped, QdmaDirections.HostToCard, default, 0, 0, 0, 0, 0))
                .Write(body, shape),
            Opcode.QdmaQueuePairOperation =>
                new QueuePairOperationRequest(device, 1, QueuePairOperation.Start).Write(body),
            Opcode.QdmaQueuePairGetFd => new QueuePairGetFdRequest(device, 1, 0).Write(body),
            Opcode.DesignWrite => new DesignWriteRequest(device, ShellType.Compute).Write(body, shape),
            Opcode.ClockOperation => Clock(body, device, ClockOperation.Get, ClockRegion.User, 0),
            Opcode.BufferOpen => new BufferOpenRequest(device, default, default, default, 0, 1).Write(body, shape),
            Opcode.BufferClose => new BufferCloseRequest(device, 0x600_0000_0000, 64 << 20).Write(body),
            Opcode.GetDeviceByBdf => new DeviceByBdfRequest("0000:65:00").Write(body),
            Opcode.DeviceHotplug => new HotplugRequest(device, HotplugOperation.Rescan, 0, default).Write(body, shape),
            Opcode.BufferOpenRaw => new BufferOpenRawRequest(device, default, default, 0, 1).Write(body, shape),
            Opcode.CfgmemProgram or Opcode.CfgmemProgramStart => new CfgmemProgramRequest(device, 0, 0).Write(body),
            Opcode.CfgmemProgramStatus => new UInt64Body(1).Write(body),
            Opcode.SetShellState => new ShellStateRequest(device, ShellType.Compute, false).Write(body),
            _ => throw new ArgumentOutOfRangeException(nameof(opcode)),
        };
        return body[..length];
    }

    internal static byte[] Clock(ClockOperation operation, ClockRegion region, uint rate)
    {
        var body = new byte[ClockRequest.Size];
        Clock(body, 0, operation, region, rate);
        return body;
    }

    internal static byte[] Hotplug(
        HotplugOperation operation, byte function = 0, ShellType shell = default, WireShape shape = WireShape.V1)
    {
        var body = new byte[HotplugRequest.SizeIn(shape)];
        new HotplugRequest(0, operation, function, shell).Write(body, shape);
        return body;
    }

    internal static byte[] ShellState(ShellType shell, bool isJtagBoot = false)
    {
        var body = new byte[ShellStateRequest.Size];
        new ShellStateRequest(0, shell, isJtagBoot).Write(body);
        return body;
    }

    internal static byte[] Design(ShellType shell, WireShape shape)
    {
        var body = new byte[DesignWriteRequest.SizeIn(shape)];
        new DesignWriteRequest(0, shell).Write(body, shape);
        return body;
    }

    private static int Clock(Span<byte> body, uint device, ClockOperation operation, ClockRegion region, uint rate) =>
        new ClockRequest(device, rate, operation, region).Write(body);
}
