using System.CommandLine;
using System.Numerics;
using Scatterlist.Tool.Report;
using Scatterlist.Vrtd;

namespace Scatterlist.Tool.Commands;

/// <summary>Options that several commands have, and how their values are read.</summary>
internal static class CommonOptions
{
    /// <summary>The environment variable that names the daemon's socket where no option does.</summary>
    internal const string SocketVariable = "SCATTERLIST_VRTD_SOCKET";

    /// <summary>The daemon's socket.</summary>
    internal static Option<string> Socket { get; } = new("--socket", "-s")
    {
        Description = $"The vrtd daemon's socket; ${SocketVariable} names another default.",
        HelpName = "PATH",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable(SocketVariable) is { Length: > 0 } named
            ? named
            : Session.DefaultPath,
    };

    /// <summary>Takes a word that looks like an option for a mistyped one, not for the name of a file.</summary>
    internal static string PathNotOption(string word) => word.Length > 1 && word[0] == '-'
        ? throw new UsageException($"there is no option {word}; a file of that name is ./{word}")
        : word;

    internal static ulong? ParseSize(string? text, string option)
    {
        if (text is null)
            return null;
        return Units.TryParseSize(text, out ulong bytes)
            ? bytes
            : throw new UsageException($"{option} {text}: not a size; write 4096, 0x1000, 64K, 1MiB");
    }

    internal static T InRange<T>(T value, T lowest, T highest, string option)
        where T : INumber<T> => value >= lowest && value <= highest
            ? value
            : throw new UsageException($"{option} {value}: must be from {lowest} to {highest}");

    /// <summary>Permissions of a socket file.</summary>
    internal static UnixFileMode ParseMode(string text)
    {
        try
        {
            int mode = Convert.ToInt32(text, 8);
            if (mode is >= 0 and <= 0x1ff)
                return (UnixFileMode)mode;
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException or OverflowException)
        {
        }

        throw new UsageException($"--mode {text}: not permissions in octal, such as 0600 or 0660");
    }
}
