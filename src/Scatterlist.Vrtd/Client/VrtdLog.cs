using Microsoft.Extensions.Logging;

namespace Scatterlist.Vrtd.Client;

/// <summary>What the vrtd client writes to the program's log.</summary>
internal static partial class VrtdLog
{
    [LoggerMessage(1, LogLevel.Information, "Connected to vrtd at {Path}")]
    public static partial void Connected(this ILogger logger, string path);

    [LoggerMessage(2, LogLevel.Error, "The connection to vrtd is lost at {Operation} ({Errno}): {Reason}")]
    public static partial void Lost(this ILogger logger, string operation, Errno errno, string reason);
}
