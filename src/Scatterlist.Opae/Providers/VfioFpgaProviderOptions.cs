using Microsoft.Extensions.Logging;

namespace Scatterlist.Opae;

/// <summary>How accelerators over VFIO are reached. Immutable.</summary>
public sealed record VfioFpgaProviderOptions
{
    /// <summary>The defaults.</summary>
    public static VfioFpgaProviderOptions Default { get; } = new();

    /// <summary>The highest address that the device can put on the bus, for one with a narrow mask; null for none.</summary>
    public IoAddress? HighestIoAddress { get; init; }

    /// <summary>
    /// Whether memory that the library makes is a memfd, which a device in another process maps. Null (the default): for
    /// vfio-user alone.
    /// </summary>
    public bool? UseMemFd { get; init; }

    /// <summary>Who logs refusals and devices that cannot be listed; null for nobody.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }
}
