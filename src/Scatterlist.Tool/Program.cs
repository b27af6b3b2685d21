using System.CommandLine;
using System.CommandLine.Invocation;
using Scatterlist.Tool.Commands;
using Scatterlist.Tool.Commands.Rdma;
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
            DemoPeerCommand.Create(),
            CopyCommand.Create(),
            VrtdCommand.Create(),
            OpaeCommand.Create(),
            HostFdCommand.Create(),
            DevInfoCommand.Create(),
            GidsCommand.Create(),
            PingPongCommand.Create(),
            PerfCommand.CreateBandwidth(),
            PerfCommand.CreateLatency(),
            DoctorCommand.Create(),
            CompletionCommand.Create(),
        };
        ParseResult parsed = root.Parse(args);
        try
        {
            return parsed.Errors.Count > 0
                ? Refuse(parsed)
                : parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (IOException exception)
        {
            // Help, version and completions do not pass through the runner of commands; their disk can be full too.
            Console.Error.WriteLine($"sgl: {exception.Message}");
            return ExitCodes.Failed;
        }
    }

    // The parser's own words, on stderr as all complaints are, and with the exit code that we document. The whole help
    // is for who did not say which command; others are told where it is.
    private static int Refuse(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        bool wantsCommand = command.Subcommands.Count > 0;
        if (parsed.Action is ParseErrorAction action)
            action.ShowHelp = wantsCommand;
        parsed.Invoke(new InvocationConfiguration { Output = Console.Error });
        if (!wantsCommand)
        {
            IEnumerable<string> words = command.Parents.OfType<Command>().Reverse().Append(command)
                .Select(parent => parent is RootCommand ? "sgl" : parent.Name);
            Console.Error.WriteLine($"Try '{string.Join(' ', words)} --help'.");
        }

        return ExitCodes.Usage;
    }
}
