using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Scatterlist.Diagnostics;

/// <summary>
/// The names under which Scatterlist reports: one meter, one activity source, and the log categories of those parts that log. With
/// no listener attached they cost a branch.
/// </summary>
public static class ScatterlistDiagnostics
{
    /// <summary>The name of the <see cref="System.Diagnostics.Metrics.Meter"/>.</summary>
    public const string MeterName = "Scatterlist";

    /// <summary>The name of the <see cref="System.Diagnostics.ActivitySource"/>.</summary>
    public const string ActivitySourceName = "Scatterlist";

    /// <summary>The log category of the vrtd client.</summary>
    public const string VrtdLogCategory = "Scatterlist.Vrtd";

    /// <summary>The log category of the emulated vrtd daemon.</summary>
    public const string VrtdEmulatorLogCategory = "Scatterlist.Vrtd.Emulator";

    /// <summary>The log category of accelerators.</summary>
    public const string OpaeLogCategory = "Scatterlist.Opae";

    /// <summary>The meter. The parts of Scatterlist create their instruments on it.</summary>
    public static Meter Meter { get; } = new(MeterName);

    /// <summary>The activity source: spans for set-up and for whole transfers, never for one operation.</summary>
    public static ActivitySource ActivitySource { get; } = new(ActivitySourceName);

    /// <summary><c>scatterlist.host_buffer.bytes</c>: bytes of host buffers that are mapped now.</summary>
    public static UpDownCounter<long> HostBufferBytes { get; } = Meter.CreateUpDownCounter<long>(
        "scatterlist.host_buffer.bytes", unit: "By", description: "Bytes of host buffers that are mapped now.");
}
