using System.CommandLine;
using Scatterlist.Opae;
using Spectre.Console;

namespace Scatterlist.Tool.Commands.Opae;

/// <summary><c>sgl opae list</c>: a line an accelerator.</summary>
internal static class ListCommand
{
    internal static Command Create() => TokenCommand.Create(
        "list", "List the accelerators.", (terminal, token) => terminal.Out.MarkupLine(Markup.Escape(Line(token))));

    private static string Line(Token token)
    {
        FpgaProperties properties = token.Properties;
        string name = AcceleratorText.NameOf(properties) ?? "unknown";
        string guid = properties.Guid?.ToString() ?? "no GUID read";
        return $"{token.Name}  {name}  {guid}  {AcceleratorText.StateName(properties.State)}";
    }
}
