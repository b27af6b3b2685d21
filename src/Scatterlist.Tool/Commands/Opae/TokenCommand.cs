using System.CommandLine;
using System.Text.Json.Nodes;
using Scatterlist.Opae;
using Scatterlist.Tool.Report;

namespace Scatterlist.Tool.Commands.Opae;

/// <summary>A command that finds accelerators and prints something about each.</summary>
internal static class TokenCommand
{
    internal static Command Create(string name, string description, Action<Terminal, Token> print)
    {
        var command = new Command(name, description)
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
                print(terminal, token);
            return ExitCodes.Success;
        });
        return command;
    }
}
