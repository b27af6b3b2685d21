using System.Globalization;
using Scatterlist.Vfio;

namespace Scatterlist.Opae.Ports;

/// <summary>OPAE's codes for what the kernel, a server or a device model refuses.</summary>
internal static class Failures
{
    /// <summary>The code for an errno of a call on an open device.</summary>
    internal static FpgaResult ResultOf(Errno errno, FpgaResult otherwise = FpgaResult.InvalidParam) => errno switch
    {
        Errno.ENOMEM or Errno.ENOSPC or Errno.EMFILE or Errno.ENFILE => FpgaResult.NoMemory,
        Errno.EACCES or Errno.EPERM => FpgaResult.NoAccess,
        Errno.EBUSY => FpgaResult.Busy,
        Errno.EOPNOTSUPP or Errno.ENOTTY or Errno.ENOSYS => FpgaResult.NotSupported,
        Errno.ENODEV or Errno.ENXIO or Errno.EIO or Errno.ECONNRESET or Errno.EPIPE or Errno.ETIMEDOUT
            or Errno.EPROTO => FpgaResult.Exception,
        Errno.EINVAL or Errno.EFAULT => otherwise,
        _ => FpgaResult.Exception,
    };

    internal static FpgaException Mapping(IVfioDevice device, in MemoryToShare memory, VfioException exception)
    {
        string flags = memory.IsReadOnly ? ", read-only" : "";
        string operation = string.Create(CultureInfo.InvariantCulture,
            $"PrepareBuffer({memory.Memory.Length} bytes{flags}) on {device.Name}");
        (string? detail, string? remedy) = Explain(device, in memory, exception);
        return new FpgaException(operation, ResultOf(exception.Errno), exception.Errno, detail, remedy, exception);
    }

    internal static FpgaException Access(string device, string operation, ulong offset, Errno errno)
    {
        bool isGone = errno is Errno.ECONNRESET or Errno.EPIPE or Errno.ENODEV;
        return new FpgaException(
            string.Create(CultureInfo.InvariantCulture, $"{operation}(offset 0x{offset:x}) on {device}"),
            ResultOf(errno), errno, isGone ? "the device is gone" : null,
            isGone ? "Open it again." : null);
    }

    /// <summary>A device that cannot be opened.</summary>
    internal static FpgaException Opening(string device, ScatterlistException exception)
    {
        FpgaResult result = exception.Errno switch
        {
            Errno.EBUSY => FpgaResult.Busy,
            Errno.EACCES or Errno.EPERM => FpgaResult.NoAccess,
            Errno.ENOENT or Errno.ECONNREFUSED => FpgaResult.NotFound,
            Errno.ENODEV or Errno.ENXIO or Errno.EINVAL => FpgaResult.NoDriver,
            Errno.ENOMEM or Errno.EMFILE or Errno.ENFILE => FpgaResult.NoMemory,
            Errno.EOPNOTSUPP or Errno.ENOTTY => FpgaResult.NotSupported,
            _ => FpgaResult.Exception,
        };
        return new FpgaException(
            $"Open({device})", result, exception.Errno, Cause(exception), exception.Remedy, exception);
    }

    // The inner message without the remedy, which the outer one ends with; it may have it from further inside too.
    private static string Cause(ScatterlistException exception) => exception.Remedy is { Length: > 0 } remedy
        ? exception.Message.Replace(remedy, "", StringComparison.Ordinal).Replace(". .", ".", StringComparison.Ordinal)
            .TrimEnd()
        : exception.Message;

    private static (string? Detail, string? Remedy) Explain(
        IVfioDevice device, in MemoryToShare memory, VfioException exception) => exception.Errno switch
        {
            Errno.ENOMEM => (LockedMemory.Describe(memory.Memory.Length), exception.Remedy),
            Errno.EFAULT => (
                MemoryMap.Describe(memory.Memory, memory.IsReadOnly) ?? Cause(exception),
                MemoryMap.IsReadable(memory.Memory) && !memory.IsReadOnly
                    ? "Share memory that cannot be written with BufferFlags.ReadOnly."
                    : "Map the memory before it is shared, and keep it mapped."),
            Errno.ENOSPC => (
                device.AvailableMappings is { } left ? $"{left} more mappings are allowed" : Cause(exception),
                exception.Remedy ?? "Share fewer, bigger buffers, or cut them from a pool (CreatePool)."),
            _ => (Cause(exception), exception.Remedy),
        };
}
