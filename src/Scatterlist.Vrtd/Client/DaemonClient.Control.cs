using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Client;

internal sealed partial class DaemonClient
{
    /// <summary>Adds a queue pair.</summary>
    /// <returns>Its number, which the caller deletes.</returns>
    public uint AddQueuePair(int device, QueuePairConfig config, CancellationToken cancellationToken)
    {
        string operation =
            $"QDMA_QPAIR_ADD(device {device}, {config.Mode}, {config.Directions}, channel {config.Channel})";
        Span<byte> body = stackalloc byte[QueuePairAddRequest.SizeIn(WireShape.V2)];
        Span<byte> reply = stackalloc byte[QueuePairConfig.SizeIn(WireShape.V2)];
        while (true)
        {
            WireShape lowest = Knowledge.Lowest;
            WireShape shape = lowest >= WireShape.MidB ? WireShape.V2 : lowest;
            RefuseChannel(operation, shape, config.Channel);
            Request request = new(
                Opcode.QdmaQueuePairAdd,
                body[..new QueuePairAddRequest((uint)device, config).Write(body, shape)],
                QueuePairConfig.SizeIn(shape),
                operation);
            Reply answer = Connection.Exchange(request, reply, cancellationToken);
            if (GrewOnRefusal(answer.Code, shape, shape))
                continue;
            if (answer.Code != VrtdReturnCode.Ok)
                throw Refused(request, answer.Code);
            _ = QueuePairConfig.TryParse(reply, shape, out QueuePairConfig added);
            return added.QueueId;
        }
    }

    public void OperateQueuePair(
        int device, uint queueId, QueuePairOperation operation, CancellationToken cancellationToken)
    {
        string name = operation == QueuePairOperation.Start ? "START" : "STOP";
        Span<byte> body = stackalloc byte[QueuePairOperationRequest.Size];
        new QueuePairOperationRequest((uint)device, queueId, operation).Write(body);
        Call(
            new Request(
                Opcode.QdmaQueuePairOperation,
                body,
                PlaceholderBody.Size,
                $"QDMA_QPAIR_OP(device {device}, queue {queueId}, {name})"),
            [],
            cancellationToken);
    }

    public FileDescriptor GetQueuePairDescriptor(int device, uint queueId, CancellationToken cancellationToken)
    {
        Span<byte> body = stackalloc byte[QueuePairGetFdRequest.Size];
        new QueuePairGetFdRequest((uint)device, queueId, QueuePairGetFdRequest.CloseOnExec).Write(body);
        return CallForDescriptor(
            new Request(
                Opcode.QdmaQueuePairGetFd,
                body,
                PlaceholderBody.Size,
                $"QDMA_QPAIR_GET_FD(device {device}, queue {queueId})")
            {
                BringsDescriptor = true,
            },
            [],
            out _,
            cancellationToken);
    }

    public uint OperateClock(
        int device, ClockRegion region, ClockOperation operation, uint rate, CancellationToken cancellationToken)
    {
        Span<byte> body = stackalloc byte[ClockRequest.Size];
        new ClockRequest((uint)device, rate, operation, region).Write(body);
        Span<byte> reply = stackalloc byte[UInt32Body.Size];
        string arguments = operation == ClockOperation.Get ? "" : $", {rate} Hz";
        Call(
            new Request(
                Opcode.ClockOperation,
                body,
                UInt32Body.Size,
                $"CLOCK_OP(device {device}, {region} region, {operation}{arguments})")
            {
                IsLong = true,
            },
            reply,
            cancellationToken);
        _ = UInt32Body.TryParse(reply, out UInt32Body achieved);
        return achieved.Value;
    }

    public void Hotplug(
        int device, HotplugOperation operation, byte function, ShellType shell, CancellationToken cancellationToken)
    {
        string text = $"DEVICE_HOTPLUG_OP(device {device}, {operation}, function {function})";
        Span<byte> body = stackalloc byte[HotplugRequest.SizeIn(WireShape.V2)];
        HotplugRequest hotplug = new((uint)device, operation, function, shell);
        while (true)
        {
            WireShape shape = Knowledge.Lowest;
            Request request = new(Opcode.DeviceHotplug, body[..hotplug.Write(body, shape)], PlaceholderBody.Size, text)
            {
                IsLong = true,
            };
            if (FinishGrown(request, shape, cancellationToken))
                return;
        }
    }

    public void WriteDesign(
        int device, FileDescriptor design, ShellType requiredShell, CancellationToken cancellationToken)
    {
        string operation = $"DESIGN_WRITE(device {device}, shell {requiredShell})";
        Span<byte> body = stackalloc byte[DesignWriteRequest.SizeIn(WireShape.V2)];
        DesignWriteRequest write = new((uint)device, requiredShell);
        while (true)
        {
            WireShape shape = Knowledge.Lowest;
            Request request = new(Opcode.DesignWrite, body[..write.Write(body, shape)], PlaceholderBody.Size, operation)
            {
                IsLong = true,
                Descriptor = design,
            };
            if (FinishGrown(request, shape, cancellationToken))
                return;
        }
    }

    public void SetShellState(int device, ShellType shell, bool isJtagBoot, CancellationToken cancellationToken)
    {
        string operation = $"SET_SHELL_STATE(device {device}, {shell}, JTAG boot {isJtagBoot})";
        Span<byte> body = stackalloc byte[ShellStateRequest.Size];
        new ShellStateRequest((uint)device, shell, isJtagBoot).Write(body);
        Call(new Request(Opcode.SetShellState, body, PlaceholderBody.Size, operation), [], cancellationToken);
    }

    public ulong StartCfgmem(
        int device, FileDescriptor image, byte bootDevice, uint partition, CancellationToken cancellationToken)
    {
        string operation =
            $"CFGMEM_PROGRAM_START(device {device}, boot device {bootDevice}, partition {partition})";
        Span<byte> body = stackalloc byte[CfgmemProgramRequest.Size];
        new CfgmemProgramRequest((uint)device, bootDevice, partition).Write(body);
        Span<byte> reply = stackalloc byte[UInt64Body.Size];
        Call(
            new Request(Opcode.CfgmemProgramStart, body, UInt64Body.Size, operation)
            {
                IsLong = true,
                Descriptor = image,
            },
            reply,
            cancellationToken);
        _ = UInt64Body.TryParse(reply, out UInt64Body job);
        return job.Value;
    }

    public CfgmemStatusResponse GetCfgmemStatus(ulong job, CancellationToken cancellationToken)
    {
        Span<byte> body = stackalloc byte[UInt64Body.Size];
        new UInt64Body(job).Write(body);
        Span<byte> reply = stackalloc byte[CfgmemStatusResponse.Size];
        Call(
            new Request(
                Opcode.CfgmemProgramStatus, body, CfgmemStatusResponse.Size, $"CFGMEM_PROGRAM_STATUS(job {job})"),
            reply,
            cancellationToken);
        _ = CfgmemStatusResponse.TryParse(reply, out CfgmemStatusResponse status);
        return status;
    }

    // Requests with one form below version 2 and one of it, whose reply says nothing.
    private bool FinishGrown(scoped in Request request, WireShape shape, CancellationToken cancellationToken)
    {
        WireShape last = shape == WireShape.V2 ? WireShape.V2 : WireShape.MidB;
        Reply answer = Connection.Exchange(request, [], cancellationToken);
        if (GrewOnRefusal(answer.Code, shape, last))
            return false;
        return answer.Code == VrtdReturnCode.Ok ? true : throw Refused(request, answer.Code);
    }
}
