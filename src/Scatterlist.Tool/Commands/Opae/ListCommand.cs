using System.CommandLine;
using System.Text.Json.Nodes;
using Scatterlist.Opae;
using Scatterlist.Tool.Report;
using Spectre.Console;

namespace Scatterlist.Tool.Commands.Opae;

/// <summary><c>sgl opae list</c>: a line an accelerator.</summary>
internal static class ListCommand
{
    internal static Command Create()
    {
        var command = new Command("list", "List the accelerators.")
        {
            AcceleratorSelection.Socket, AcceleratorSelection.Address, AcceleratorSelection.Kind,
            AcceleratorSelection.Library,
        };
        command.SetRunner((parsed, terminal, _) =>
        {
            using var selection = AcceleratorSelection.Create(parsed);
            IReadOnlyList<Token> found = selection.Find();
            if (terminal.IsJson)
                Terminal.WriteJson(new JsonArray([.. found.Select(AcceleratorText.ToJson)]));
            else if (found.Count == 0)
                terminal.Note("No FPGA resources found. 'sgl doctor' looks for what is missing.");
            foreach (Token token in terminal.IsJson ? [] : found)
                terminal.Out.MarkupLine(Markup.Escape(Line(token)));
            return ExitCodes.Success;
        });
        return command;
    }

    private static string Line(Token token)
    {
        FpgaProperties properties = token.Properties;
        string name = (properties.Guid is { } id ? AcceleratorIds.NameOf(id) : null) ?? "unknown";
        string guid = properties.Guid?.ToString() ?? "no GUID read";
        return $"{token.Name}  {name}  {guid}  {AcceleratorText.StateName(properties.State)}";
    }
}
