namespace Scatterlist.Tool;

/// <summary>What <c>sgl</c> tells the shell. Part of its contract: documented in docs/sgl.md.</summary>
internal static class ExitCodes
{
    /// <summary>Done.</summary>
    internal const int Success = 0;

    /// <summary>The operation failed; the reason is on stderr.</summary>
    internal const int Failed = 1;

    /// <summary>The command line makes no sense; nothing was done.</summary>
    internal const int Usage = 2;

    /// <summary>The data that came back differs.</summary>
    internal const int Different = 3;

    /// <summary>A daemon, a device or a permission is missing: nothing was done, and stderr has the remedy.</summary>
    internal const int Unavailable = 4;

    /// <summary>Interrupted by Ctrl-C, as shells count it: 128 + SIGINT.</summary>
    internal const int Interrupted = 130;

    /// <summary>Ended by SIGTERM, as shells count it.</summary>
    internal const int Terminated = 143;
}
