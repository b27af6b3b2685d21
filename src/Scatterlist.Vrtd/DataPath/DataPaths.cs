using Scatterlist.HostFd;
using Scatterlist.Vrtd.Interop;

namespace Scatterlist.Vrtd.DataPath;

/// <summary>Finds out what kind of descriptor the daemon handed over (wire specification, section 7.6).</summary>
internal static class DataPaths
{
    /// <param name="descriptor">The descriptor, held by the caller.</param>
    /// <param name="queuePairs">How many queue pairs it drives, 1 or 2.</param>
    /// <param name="operation">What is being opened, for messages.</param>
    public static DeviceDataPath Open(FileDescriptor descriptor, int queuePairs, string operation)
    {
        Errno errno = LibC.Stat((int)descriptor.DangerousGetHandle(), out int type, out _);
        if (errno != Errno.None)
            throw new VrtdException(operation, VrtdReturnCode.InternalError, errno, "it cannot be examined");
        if (type == LibC.ModeRegular)
            return new PositionalPath(descriptor, isRegularFile: true);
        TransferPath? path;
        if (type == LibC.ModeSocket)
        {
            SocketTransferChannel channel = new(OpenSocket(descriptor, operation));
            path = TransferPath.TryCreate(channel, queuePairs, out errno);
            if (path is not null)
                return path;
            channel.Dispose();
            throw new VrtdException(
                operation, VrtdReturnCode.InternalError, errno, "the system emulation made no host memory");
        }

        path = TransferPath.TryCreate(new IoctlTransferChannel(descriptor), queuePairs, out errno);
        if (path is not null)
            return path;

        // ENOTTY: version 1's driver has no ioctl at all. EINVAL: it has one that means something else.
        if (errno is Errno.ENOTTY or Errno.EINVAL)
            return new PositionalPath(descriptor, isRegularFile: false);
        throw new VrtdException(operation, VrtdReturnCode.InternalError, errno, "the driver made no host memory");
    }

    private static UnixSocket OpenSocket(FileDescriptor descriptor, string operation)
    {
        FileDescriptor copy = descriptor.Duplicate();
        try
        {
            return UnixSocket.FromOwned(copy);
        }
        catch (ScatterlistException failure)
        {
            copy.Dispose();
            throw new VrtdException(
                operation, VrtdReturnCode.InternalError, failure.Errno, "it is a socket, but no UNIX socket",
                innerException: failure);
        }
    }
}
