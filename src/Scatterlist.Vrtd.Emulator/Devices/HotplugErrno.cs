namespace Scatterlist.Vrtd.Emulator;

/// <summary>What vrtd answers for an errno of the hotplug driver (vrtd wire specification §5).</summary>
internal static class HotplugErrno
{
    internal static VrtdReturnCode ToReturnCode(Errno errno) => errno switch
    {
        Errno.EINVAL => VrtdReturnCode.InvalidArgument,
        Errno.ENODEV => VrtdReturnCode.NotExist,
        Errno.EBUSY => VrtdReturnCode.Busy,
        Errno.EPERM or Errno.EACCES => VrtdReturnCode.AuthError,
        _ => VrtdReturnCode.InternalError,
    };
}
