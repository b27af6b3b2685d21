using System.CommandLine;
using Scatterlist.Tool.Commands;
using Scatterlist.Tool.Report;

namespace Scatterlist.Tool;

internal static class Program
{
    /// <summary>Prints JSON in place of tables.</summary>
    internal static Option<bool> Json { get; } = new("--json")
    {
        Description = "Print one JSON document instead of text.",
        Recursive = true,
    };

    private static int Main(string[] args)
    {
        var root = new RootCommand(
            "Scatterlist: move bytes between files and memory that hardware can reach, emulate devices, diagnose.")
        {
            Json,
            DemoCommand.Create(),
            CopyCommand.Create(),
            VrtdCommand.Create(),
            HostFdCommand.Create(),
            DoctorCommand.Create(),
            CompletionCommand.Create(),
        };
        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count > 0 && parsed.Action is not null)
        {
            // The parser's own text and help, but with the exit code that we document.
            parsed.Invoke();
            return ExitCodes.Usage;
        }

        return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
    }
}
