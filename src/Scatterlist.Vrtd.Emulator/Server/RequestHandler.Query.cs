using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Emulator;

internal sealed partial class RequestHandler
{
    private VrtdReturnCode GetNumDevices(in Request request)
    {
        if (!MayQuery(request))
            return VrtdReturnCode.AuthError;
        if (options.RejectEmptyDeviceCount && request.Body.Length < PlaceholderBody.Size)
            return VrtdReturnCode.BadRequest;
        request.Reply.BodyLength = new UInt32Body((uint)devices.Length).Write(request.Reply.Body);
        return VrtdReturnCode.Ok;
    }

    private VrtdReturnCode GetDeviceInfo(in Request request)
    {
        VrtdReturnCode code = Admit(request, DevicePermissions.None, UInt32Body.Size, out EmulatedDevice device);
        if (code == VrtdReturnCode.Ok)
            request.Reply.BodyLength = device.Info.Write(request.Reply.Body, ProfileShape);
        return code;
    }

    private VrtdReturnCode GetDeviceByBdf(in Request request)
    {
        if (!MayQuery(request))
            return VrtdReturnCode.AuthError;
        if (!DeviceByBdfRequest.TryParse(request.Body, out DeviceByBdfRequest wanted))
            return VrtdReturnCode.BadRequest;
        if (wanted.Bdf.Length == 0)
            return VrtdReturnCode.InvalidArgument;
        string board = PciAddress.ToBoardLevel(wanted.Bdf);
        foreach (EmulatedDevice device in devices)
        {
            if (device.IsPresent && device.Bdf.Equals(board, StringComparison.OrdinalIgnoreCase))
            {
                request.Reply.BodyLength = new UInt32Body((uint)device.Index).Write(request.Reply.Body);
                return VrtdReturnCode.Ok;
            }
        }

        return VrtdReturnCode.NotExist;
    }

    private VrtdReturnCode GetBarInfo(in Request request)
    {
        VrtdReturnCode code = AdmitToBar(request, DevicePermissions.None, out BarInfoResponse bar, out _);
        if (code == VrtdReturnCode.Ok)
            request.Reply.BodyLength = bar.Write(request.Reply.Body);
        return code;
    }

    private VrtdReturnCode GetBarFd(in Request request)
    {
        VrtdReturnCode code = AdmitToBar(
            request, DevicePermissions.BarAccess, out BarInfoResponse bar, out EmulatedDevice device);
        if (code != VrtdReturnCode.Ok)
            return code;
        if (!bar.IsUsable)
            return VrtdReturnCode.NotExist;
        try
        {
            request.Reply.Descriptor = device.OpenBar();
        }
        catch (ScatterlistException)
        {
            return VrtdReturnCode.InternalError; // Out of descriptors.
        }

        request.Reply.BodyLength = new UInt64Body(bar.Length).Write(request.Reply.Body);
        return VrtdReturnCode.Ok;
    }

    private VrtdReturnCode AdmitToBar(
        in Request request, DevicePermissions needed, out BarInfoResponse bar, out EmulatedDevice device)
    {
        const byte bars = 6;
        bar = default;
        VrtdReturnCode code = Admit(request, needed, BarRequest.Size, out device);
        if (code != VrtdReturnCode.Ok)
            return code;
        _ = BarRequest.TryParse(request.Body, out BarRequest wanted);
        if (wanted.Bar >= bars)
            return VrtdReturnCode.BadRequest;
        if (!device.HasFunction(EmulatedDevice.ControlFunction))
            return VrtdReturnCode.InternalError;
        bar = EmulatedDevice.BarInfo(wanted.Bar);
        return VrtdReturnCode.Ok;
    }

    private VrtdReturnCode QdmaGetInfo(in Request request)
    {
        VrtdReturnCode code = Admit(request, DevicePermissions.None, UInt32Body.Size, out EmulatedDevice device);
        if (code != VrtdReturnCode.Ok)
            return code;
        if (device.QdmaInfo() is not { } info)
            return VrtdReturnCode.InternalError;
        request.Reply.BodyLength = info.Write(
            request.Reply.Body, ProfileShape, bdfFirst: options.Profile == WireProfile.Hardened);
        return VrtdReturnCode.Ok;
    }

    private VrtdReturnCode GetSensorInfo(in Request request)
    {
        VrtdReturnCode code = Admit(request, DevicePermissions.None, UInt32Body.Size, out EmulatedDevice device);
        if (code != VrtdReturnCode.Ok)
            return code;
        if (!device.HasFunction(EmulatedDevice.ManagementFunction))
            return VrtdReturnCode.InternalError;
        request.Reply.BodyLength = SensorInfoResponse.Write(request.Reply.Body, device.Sensors);
        return VrtdReturnCode.Ok;
    }

    private VrtdReturnCode Clock(in Request request)
    {
        VrtdReturnCode code = Admit(request, DevicePermissions.Clock, ClockRequest.Size, out EmulatedDevice device);
        if (code != VrtdReturnCode.Ok)
            return code;
        _ = ClockRequest.TryParse(request.Body, out ClockRequest wanted);
        ClockOperation highest = IsVersion2 ? ClockOperation.SetRoundDown : ClockOperation.Set;
        bool isGet = wanted.Operation == ClockOperation.Get;
        if (wanted.Operation > highest || wanted.Region > ClockRegion.User || (!isGet && wanted.Rate == 0))
            return VrtdReturnCode.InvalidArgument;
        if (!options.HasClocks)
            return VrtdReturnCode.NotExist;

        bool roundDown = wanted.Operation == ClockOperation.SetRoundDown;
        bool done = device.HasFunction(EmulatedDevice.ControlFunction)
            & device.TryClock(wanted.Region, isGet ? null : wanted.Rate, roundDown, out uint achieved);
        if (!done)
            return VrtdReturnCode.InternalError;
        request.Reply.BodyLength = new UInt32Body(achieved).Write(request.Reply.Body);
        return VrtdReturnCode.Ok;
    }
}
