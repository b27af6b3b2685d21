using System.CommandLine;
using System.Text.Json.Nodes;
using Scatterlist.Tool.Doctor;
using Scatterlist.Tool.Report;
using Spectre.Console;

namespace Scatterlist.Tool.Commands;

/// <summary><c>sgl doctor</c>: what this machine has and lacks for each family, with the exact remedy.</summary>
internal static class DoctorCommand
{
    internal static Command Create()
    {
        var command = new Command("doctor", "Tell what this machine has and lacks for each family, and the remedy.")
        {
            CommonOptions.Socket,
        };
        command.SetRunner((parsed, terminal, stop) =>
        {
            Check[] checks =
            [
                .. MemoryChecks.Run(),
                .. HostFdChecks.Run(),
                .. VerbsChecks.Run(),
                .. VrtdChecks.Run(parsed.GetValue(CommonOptions.Socket)!, stop),
                .. OpaeChecks.Run(stop),
            ];
            if (terminal.IsJson)
                Terminal.WriteJson(new JsonArray([.. checks.Select(ToJson)]));
            else
                Print(checks, terminal);

            // What is absent or limited is a finding; only what should work and does not is a failure.
            return checks.Any(check => check.Status == CheckStatus.Broken) ? ExitCodes.Failed : ExitCodes.Success;
        });
        return command;
    }

    private static void Print(Check[] checks, Terminal terminal)
    {
        foreach (IGrouping<string, Check> family in checks.GroupBy(check => check.Family))
        {
            terminal.Out.MarkupLine($"[bold]{family.Key}[/]");
            foreach (Check check in family)
            {
                terminal.Out.MarkupLine($"  {Mark(check.Status)} {check.Name}: {Markup.Escape(check.Found)}");
                if (check.Remedy is { } remedy)
                    terminal.Out.MarkupLine($"           [grey]{Markup.Escape(remedy)}[/]");
            }
        }
    }

    private static string Mark(CheckStatus status) => status switch
    {
        CheckStatus.Ok => "[green]ok[/]     ",
        CheckStatus.Limited => "[yellow]limited[/]",
        CheckStatus.Absent => "[grey]absent[/] ",
        _ => "[red]BROKEN[/] ",
    };

    private static JsonNode ToJson(Check check) => new JsonObject
    {
        ["family"] = check.Family,
        ["check"] = check.Name,
        ["status"] = check.Status.ToString(),
        ["found"] = check.Found,
        ["remedy"] = check.Remedy,
    };
}
