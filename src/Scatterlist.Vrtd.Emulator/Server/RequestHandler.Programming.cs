using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Emulator;

internal sealed partial class RequestHandler
{
    private Task _background = Task.CompletedTask;

    /// <summary>Waits for a job that runs in the background, after the daemon was told to stop.</summary>
    internal bool WaitForBackground(TimeSpan timeout) => Volatile.Read(ref _background).Wait(timeout);

    private VrtdReturnCode DesignWrite(in Request request)
    {
        _ = DesignWriteRequest.TryShapeOf(request.Body.Length, out WireShape shape);
        shape = ShapeFor(shape);
        VrtdReturnCode code = Admit(
            request, DevicePermissions.DesignWrite, DesignWriteRequest.SizeIn(shape), out EmulatedDevice device);
        if (code != VrtdReturnCode.Ok)
            return code;
        _ = DesignWriteRequest.TryParse(request.Body, shape, out DesignWriteRequest wanted);
        if (request.Descriptor is not { } input)
            return VrtdReturnCode.BadRequest;
        if (!options.HasDesignWriter)
            return VrtdReturnCode.NotExist;

        // A short request to a version 2 daemon says nothing about the shell, so it takes whichever runs.
        bool namesShell = IsVersion2 && shape >= WireShape.V2;
        if (namesShell && wanted.RequiredShell is not (ShellType.Service or ShellType.Compute))
            return VrtdReturnCode.InvalidArgument;
        if (!device.TryBeginDesign())
            return VrtdReturnCode.Busy;
        try
        {
            if (namesShell && device.Info.Shell != wanted.RequiredShell)
                code = Reset(device, wanted.RequiredShell, request.Stopping);
            if (code != VrtdReturnCode.Ok)
                return code;
            if (!device.HasFunction(EmulatedDevice.QdmaFunction))
                return VrtdReturnCode.InternalError;
            return NothingIf(device.WriteDesign(input, request.Connection, request.Stopping), request);
        }
        finally
        {
            device.EndDesign();
        }
    }

    private VrtdReturnCode Hotplug(in Request request)
    {
        _ = HotplugRequest.TryShapeOf(request.Body.Length, out WireShape shape);
        shape = ShapeFor(shape);
        VrtdReturnCode code = Admit(
            request, DevicePermissions.PcieHotplug, HotplugRequest.SizeIn(shape), out EmulatedDevice device);
        if (code != VrtdReturnCode.Ok)
            return code;
        _ = HotplugRequest.TryParse(request.Body, shape, out HotplugRequest wanted);
        if (wanted.Operation > HotplugOperation.ResetSequence || !options.HasHotplug)
            return VrtdReturnCode.InvalidArgument;

        if (wanted.Operation == HotplugOperation.ResetSequence)
        {
            return wanted.Shell > ShellType.Compute
                ? VrtdReturnCode.InvalidArgument
                : NothingIf(Reset(device, wanted.Shell, request.Stopping), request);
        }

        bool isAll = IsVersion2 && wanted.Function == HotplugRequest.AllFunctions;
        if (wanted.Operation != HotplugOperation.Rescan && wanted.Function > PciAddress.MaxFunction && !isAll)
            return VrtdReturnCode.InvalidArgument;
        Errno errno = device.Hotplug(wanted.Operation, wanted.Function);
        return errno == Errno.None ? Nothing(request) : HotplugErrno.ToReturnCode(errno);
    }

    private VrtdReturnCode Reset(EmulatedDevice device, ShellType shell, CancellationToken stopping)
    {
        DeviceInfoResponse info = device.Info;
        if (info.IsJtagBoot && shell != ShellType.Unknown && shell != info.Shell)
            return VrtdReturnCode.ShellLocked;
        if (!_jobs.TryBegin())
            return VrtdReturnCode.Busy;
        try
        {
            return device.Reset(shell, _ => { }, stopping) ? VrtdReturnCode.Ok : VrtdReturnCode.InternalError;
        }
        finally
        {
            _jobs.End();
        }
    }

    private VrtdReturnCode SetShellState(in Request request)
    {
        if (!ShellStateRequest.TryParse(request.Body, out ShellStateRequest wanted))
            return VrtdReturnCode.BadRequest;
        VrtdReturnCode code = Admit(
            request, DevicePermissions.PcieHotplug, ShellStateRequest.Size, out EmulatedDevice device);
        return code == VrtdReturnCode.Ok
            ? NothingIf(device.SetShellState(wanted.Shell, wanted.IsJtagBoot), request)
            : code;
    }

    private VrtdReturnCode CfgmemProgram(in Request request)
    {
        VrtdReturnCode code = BeginCfgmem(request, out EmulatedDevice device);
        if (code != VrtdReturnCode.Ok)
            return code;
        try
        {
            CfgmemJob job = _jobs.Add(request.Client.Id);
            return NothingIf(job.Run(device, request.Descriptor!, request.Connection, request.Stopping), request);
        }
        finally
        {
            _jobs.End();
        }
    }

    private VrtdReturnCode CfgmemProgramStart(in Request request)
    {
        VrtdReturnCode code = BeginCfgmem(request, out EmulatedDevice device);
        if (code != VrtdReturnCode.Ok)
            return code;
        FileDescriptor image;
        try
        {
            image = request.Descriptor!.Duplicate();
        }
        catch (ScatterlistException)
        {
            _jobs.End();
            return VrtdReturnCode.InternalError; // Out of descriptors.
        }

        CfgmemJob job = _jobs.Add(request.Client.Id);
        CancellationToken stopping = request.Stopping;
        Task running = Task.Factory.StartNew(
            () =>
            {
                try
                {
                    using (image)
                        job.Run(device, image, waiting: null, stopping);
                }
                finally
                {
                    _jobs.End();
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        Volatile.Write(ref _background, running);
        request.Reply.BodyLength = new UInt64Body(job.Id).Write(request.Reply.Body);
        return VrtdReturnCode.Ok;
    }

    private VrtdReturnCode CfgmemProgramStatus(in Request request)
    {
        if (!UInt64Body.TryParse(request.Body, out UInt64Body wanted))
            return VrtdReturnCode.BadRequest;
        if (!MayQuery(request))
            return VrtdReturnCode.AuthError;
        if (_jobs.Find(wanted.Value) is not { } job)
            return VrtdReturnCode.NotExist;
        if (job.Owner != request.Client.Id)
            return VrtdReturnCode.AuthError;
        request.Reply.BodyLength = job.Status.Write(request.Reply.Body);
        return VrtdReturnCode.Ok;
    }

    private VrtdReturnCode BeginCfgmem(in Request request, out EmulatedDevice device)
    {
        device = null!;
        if (request.Body.Length < CfgmemProgramRequest.Size)
            return VrtdReturnCode.BadRequest;
        VrtdReturnCode code = Admit(
            request, DevicePermissions.CfgmemProgram, CfgmemProgramRequest.Size, out device);
        if (code != VrtdReturnCode.Ok)
            return code;
        if (request.Descriptor is null)
            return VrtdReturnCode.BadRequest;
        return _jobs.TryBegin() ? VrtdReturnCode.Ok : VrtdReturnCode.Busy;
    }
}
