using System.CommandLine;
using Spectre.Console;

namespace Scatterlist.Tool.Commands.Opae;

/// <summary><c>sgl opae port</c>: what <c>fpgainfo port</c> prints.</summary>
internal static class PortCommand
{
    internal static Command Create() => TokenCommand.Create(
        "port", "Tell what is known of each accelerator, as fpgainfo port does.", (terminal, token) =>
        {
            terminal.Out.MarkupLine("//****** PORT ******//");
            foreach ((string name, string value) in AcceleratorText.Rows(token))
                terminal.Out.MarkupLine(Markup.Escape($"{name,-32} : {value}"));
        });
}
