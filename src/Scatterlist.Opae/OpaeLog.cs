using Microsoft.Extensions.Logging;

namespace Scatterlist.Opae;

/// <summary>What is logged, under <see cref="Diagnostics.ScatterlistDiagnostics.OpaeLogCategory"/>.</summary>
internal static partial class OpaeLog
{
    [LoggerMessage(1, LogLevel.Warning, "{Device}: a buffer was refused")]
    internal static partial void Refused(ILogger logger, string device, Exception exception);

    [LoggerMessage(2, LogLevel.Information, "{Device}: listed, but it cannot be opened")]
    internal static partial void NotOpened(ILogger logger, string device, Exception exception);
}
