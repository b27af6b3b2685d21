using Microsoft.Extensions.Logging;

namespace Scatterlist.Vrtd.Emulator;

/// <summary>What an emulated daemon writes to the program's log.</summary>
internal static partial class EmulatorLog
{
    [LoggerMessage(1, LogLevel.Warning, "Client {Client} (process {Process}) is disconnected: {Reason}")]
    internal static partial void Disconnected(this ILogger logger, ulong client, int process, string reason);

    [LoggerMessage(2, LogLevel.Warning, "A client was turned away")]
    internal static partial void TurnedAway(this ILogger logger, Exception problem);

    [LoggerMessage(3, LogLevel.Error, "A connection was ended by a defect of the emulated daemon")]
    internal static partial void Defect(this ILogger logger, Exception problem);
}
