using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Scatterlist.Diagnostics;

namespace Scatterlist.Vrtd;

/// <summary>How a <see cref="Session"/> behaves. Immutable.</summary>
public sealed record SessionOptions
{
    /// <summary>The defaults.</summary>
    public static SessionOptions Default { get; } = new();

    /// <summary>
    /// How long an ordinary request may take, including the wait for other requests of the same session. The daemon
    /// serves one request at a time for all its clients, so another client's clock change or sensor read delays this
    /// one by seconds. A request that takes longer fails with ETIMEDOUT and the session stays usable: the late reply is
    /// recognised by its number and dropped. Default: one minute. <see cref="Timeout.InfiniteTimeSpan"/> waits forever.
    /// </summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The same for requests that program, reset or reclock a card: design write, hotplug, clocks, configuration
    /// memory. Default: fifteen minutes.
    /// </summary>
    public TimeSpan LongRequestTimeout { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>
    /// Where the session logs that it is connected or has lost its connection, under
    /// <see cref="ScatterlistDiagnostics.VrtdLogCategory"/>; null for nowhere. It stays the caller's.
    /// </summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    internal ILogger CreateLogger() =>
        LoggerFactory?.CreateLogger(ScatterlistDiagnostics.VrtdLogCategory) ?? NullLogger.Instance;

    internal void Validate()
    {
        Check(RequestTimeout, nameof(RequestTimeout));
        Check(LongRequestTimeout, nameof(LongRequestTimeout));
    }

    private static void Check(TimeSpan value, string name)
    {
        if (value != Timeout.InfiniteTimeSpan && (value <= TimeSpan.Zero || value.TotalMilliseconds > int.MaxValue))
            throw new ArgumentOutOfRangeException(name, value, "Positive and below 24.8 days, or infinite.");
    }
}
