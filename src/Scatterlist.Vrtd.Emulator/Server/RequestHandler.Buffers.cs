using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Emulator;

internal sealed partial class RequestHandler
{
    private VrtdReturnCode BufferOpen(in Request request)
    {
        _ = BufferOpenRequest.TryShapeOf(request.Body.Length, out WireShape shape);
        shape = ShapeFor(shape);
        VrtdReturnCode code = Admit(
            request, DevicePermissions.Buffer, BufferOpenRequest.SizeIn(shape), out EmulatedDevice device);
        if (code != VrtdReturnCode.Ok)
            return code;
        _ = BufferOpenRequest.TryParse(request.Body, shape, out BufferOpenRequest wanted);
        if (wanted.Channel > QdmaChannel.Channel1)
            return VrtdReturnCode.InvalidArgument;

        int pairs = QueuePairsFor(wanted.Channel);
        code = device.OpenBuffer(
            request.Client.Id,
            wanted.Type,
            wanted.Direction,
            wanted.Argument,
            wanted.Size,
            pairs,
            out BufferRecord? made,
            out FileDescriptor? view);
        if (code != VrtdReturnCode.Ok)
            return code;
        request.Reply.Descriptor = view;
        var reply = new BufferOpenResponse(made!.Size, made.Address, (uint)pairs);
        request.Reply.BodyLength = reply.Write(request.Reply.Body, shape);
        return VrtdReturnCode.Ok;
    }

    private VrtdReturnCode BufferOpenRaw(in Request request)
    {
        _ = BufferOpenRawRequest.TryShapeOf(request.Body.Length, out WireShape shape);
        shape = ShapeFor(shape);
        VrtdReturnCode code = Admit(
            request, DevicePermissions.RawMemoryAccess, BufferOpenRawRequest.SizeIn(shape), out EmulatedDevice device);
        if (code != VrtdReturnCode.Ok)
            return code;
        _ = BufferOpenRawRequest.TryParse(request.Body, shape, out BufferOpenRawRequest wanted);
        if (wanted.Channel > QdmaChannel.Channel1)
            return VrtdReturnCode.InvalidArgument;

        int pairs = QueuePairsFor(wanted.Channel);
        code = device.OpenRawBuffer(
            request.Client.Id,
            wanted.Direction,
            wanted.PhysicalAddress,
            wanted.Size,
            pairs,
            out _,
            out FileDescriptor? view);
        if (code != VrtdReturnCode.Ok)
            return code;
        request.Reply.Descriptor = view;
        request.Reply.BodyLength = new BufferOpenRawResponse((uint)pairs).Write(request.Reply.Body, shape);
        return VrtdReturnCode.Ok;
    }

    private VrtdReturnCode BufferClose(in Request request)
    {
        VrtdReturnCode code = Admit(
            request, DevicePermissions.Buffer, BufferCloseRequest.Size, out EmulatedDevice device);
        if (code != VrtdReturnCode.Ok)
            return code;
        _ = BufferCloseRequest.TryParse(request.Body, out BufferCloseRequest wanted);
        code = device.CloseBuffer(request.Client.Id, wanted.PhysicalAddress, wanted.AllocatedSize);
        return NothingIf(code, request);
    }

    private VrtdReturnCode QueuePairAdd(in Request request)
    {
        _ = QueuePairAddRequest.TryShapeOf(request.Body.Length, out WireShape shape);
        shape = ShapeFor(shape);
        VrtdReturnCode code = Admit(
            request, DevicePermissions.Qdma, QueuePairAddRequest.SizeIn(shape), out EmulatedDevice device);
        if (code != VrtdReturnCode.Ok)
            return code;
        _ = QueuePairAddRequest.TryParse(request.Body, shape, out QueuePairAddRequest wanted);
        code = device.AddQueuePair(wanted.Config, out uint id);
        if (code == VrtdReturnCode.Ok)
        {
            QueuePairConfig made = wanted.Config with { QueueId = id };
            request.Reply.BodyLength = made.Write(request.Reply.Body, shape);
        }

        return code;
    }

    private VrtdReturnCode QueuePairOperate(in Request request)
    {
        VrtdReturnCode code = Admit(
            request, DevicePermissions.Qdma, QueuePairOperationRequest.Size, out EmulatedDevice device);
        if (code != VrtdReturnCode.Ok)
            return code;
        _ = QueuePairOperationRequest.TryParse(request.Body, out QueuePairOperationRequest wanted);
        return NothingIf(device.OperateQueuePair(wanted.QueueId, wanted.Operation), request);
    }

    private VrtdReturnCode QueuePairGetFd(in Request request)
    {
        VrtdReturnCode code = Admit(
            request, DevicePermissions.Qdma, QueuePairGetFdRequest.Size, out EmulatedDevice device);
        if (code != VrtdReturnCode.Ok)
            return code;
        _ = QueuePairGetFdRequest.TryParse(request.Body, out QueuePairGetFdRequest wanted);
        code = device.OpenQueuePair(wanted.QueueId, out FileDescriptor? view);
        request.Reply.Descriptor = view;
        return NothingIf(code, request);
    }

    /// <summary>Version 2 makes a queue pair for each NoC channel unless one is chosen.</summary>
    private int QueuePairsFor(QdmaChannel channel) => IsVersion2 && channel == QdmaChannel.Auto ? 2 : 1;
}
