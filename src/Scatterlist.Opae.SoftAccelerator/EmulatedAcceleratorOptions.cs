using Microsoft.Extensions.Logging;

namespace Scatterlist.Opae.SoftAccelerator;

/// <summary>How a soft accelerator behaves. Immutable.</summary>
public sealed record EmulatedAcceleratorOptions
{
    /// <summary>The defaults: HE-LB.</summary>
    public static EmulatedAcceleratorOptions Default { get; } = new();

    /// <summary>Which accelerator it is.</summary>
    public AcceleratorKind Kind { get; init; }

    /// <summary>The clock that its counters of ticks are in, 1 to 65535 MHz. Default: 400.</summary>
    public int ClockMegahertz { get; init; } = 400;

    /// <summary>
    /// The addresses that an accelerator in this process may be given; null for the 39 bits of a small IOMMU.
    /// </summary>
    public Vfio.VfioAddressOptions? Addresses { get; init; }

    /// <summary>Told each fault when it happens, on the accelerator's thread; null for nobody. It must not throw.</summary>
    public Action<DmaFault>? OnFault { get; init; }

    /// <summary>Who logs faults; null for nobody.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }
}
