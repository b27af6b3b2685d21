using System.CommandLine;
using System.Text.Json.Nodes;
using Scatterlist.Opae;
using Scatterlist.Tool.Report;
using Spectre.Console;

namespace Scatterlist.Tool.Commands.Opae;

/// <summary><c>sgl opae port</c>: what <c>fpgainfo port</c> prints.</summary>
internal static class PortCommand
{
    internal static Command Create()
    {
        var command = new Command("port", "Tell what is known of each accelerator, as fpgainfo port does.")
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
            {
                terminal.Out.MarkupLine("//****** PORT ******//");
                foreach ((string name, string value) in AcceleratorText.Rows(token))
                    terminal.Out.MarkupLine(Markup.Escape($"{name,-32} : {value}"));
            }

            return ExitCodes.Success;
        });
        return command;
    }
}
