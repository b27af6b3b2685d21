using System.Buffers.Binary;
using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Emulator;

/// <summary>
/// Answers requests: vrtd wire specification §4 (common rules) and §5 (each opcode). Thread-safe; every connection
/// calls it on its own thread, so a slow request delays its own sender only.
/// </summary>
internal sealed partial class RequestHandler(EmulatorOptions options, EmulatedDevice[] devices)
{
    private readonly CfgmemJobs _jobs = new();

    /// <summary>The rights that hold from the next request on.</summary>
    internal required volatile VrtdConfiguration Configuration;

    private bool IsVersion2 => options.Profile >= WireProfile.Version2;

    private WireShape ProfileShape => IsVersion2 ? WireShape.V2 : WireShape.V1;

    /// <summary>Carries a request out and fills in its reply.</summary>
    internal void Handle(in Request request)
    {
        // The hardened daemon counts descriptors before it looks at anything else; the others ignore a surplus one.
        bool wrongCount = options.Profile == WireProfile.Hardened
            && request.DescriptorCount != (TakesDescriptor(request.Opcode) ? 1 : 0);
        request.Reply.Finish(wrongCount ? VrtdReturnCode.BadRequest : Dispatch(request));
    }

    private static bool TakesDescriptor(Opcode opcode) =>
        opcode is Opcode.DesignWrite or Opcode.CfgmemProgram or Opcode.CfgmemProgramStart;

    private VrtdReturnCode Dispatch(in Request request) => request.Opcode switch
    {
        Opcode.GetNumDevices => GetNumDevices(request),
        Opcode.GetDeviceInfo => GetDeviceInfo(request),
        Opcode.GetBarInfo => GetBarInfo(request),
        Opcode.GetBarFd => GetBarFd(request),
        Opcode.QdmaGetInfo => QdmaGetInfo(request),
        Opcode.QdmaQueuePairAdd => QueuePairAdd(request),
        Opcode.QdmaQueuePairOperation => QueuePairOperate(request),
        Opcode.QdmaQueuePairGetFd => QueuePairGetFd(request),
        Opcode.DesignWrite => DesignWrite(request),
        Opcode.ClockOperation => Clock(request),
        Opcode.BufferOpen => BufferOpen(request),
        Opcode.BufferClose => BufferClose(request),
        Opcode.GetDeviceByBdf => GetDeviceByBdf(request),
        Opcode.DeviceHotplug => Hotplug(request),
        Opcode.GetSensorInfo => GetSensorInfo(request),
        Opcode.BufferOpenRaw => BufferOpenRaw(request),
        Opcode.CfgmemProgram when IsVersion2 => CfgmemProgram(request),
        Opcode.CfgmemProgramStart when IsVersion2 => CfgmemProgramStart(request),
        Opcode.CfgmemProgramStatus when IsVersion2 => CfgmemProgramStatus(request),
        Opcode.SetShellState when IsVersion2 => SetShellState(request),
        _ => VrtdReturnCode.BadRequest,
    };

    /// <summary>
    /// The checks that every handler starts with, in the daemon's order: authorisation, length, device. A device that
    /// does not exist fails authorisation already, unless the request needs no more than the right to query.
    /// </summary>
    private VrtdReturnCode Admit(
        in Request request, DevicePermissions needed, int size, out EmulatedDevice device)
    {
        device = null!;
        uint index = request.Body.Length >= sizeof(uint) ? BinaryPrimitives.ReadUInt32LittleEndian(request.Body) : 0;
        EmulatedDevice? found = index < (uint)devices.Length && devices[index].IsPresent ? devices[index] : null;
        if (!MayQuery(request))
            return VrtdReturnCode.AuthError;
        if (needed != DevicePermissions.None)
        {
            Role rights = request.Client.RightsUnder(Configuration);
            if (found is null || (rights.PermissionsFor(found.Bdf) & needed) != needed)
                return VrtdReturnCode.AuthError;
        }

        if (request.Body.Length < size)
            return VrtdReturnCode.BadRequest;
        if (found is null)
            return VrtdReturnCode.NotExist;
        device = found;
        return VrtdReturnCode.Ok;
    }

    private bool MayQuery(in Request request) => request.Client.RightsUnder(Configuration).QueryDevices;

    /// <summary>The shape to read a body in: the one it has, or the profile's when that is asked for.</summary>
    private WireShape ShapeFor(WireShape found) => options.ExactShapes ? ProfileShape : found;

    private static VrtdReturnCode Nothing(in Request request)
    {
        request.Reply.BodyLength = PlaceholderBody.Write(request.Reply.Body);
        return VrtdReturnCode.Ok;
    }

    private static VrtdReturnCode NothingIf(VrtdReturnCode code, in Request request) =>
        code == VrtdReturnCode.Ok ? Nothing(request) : code;
}
