using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Scatterlist.Tool.Report;

/// <summary>
/// Where the output goes: results to stdout, progress and complaints to stderr, so that a pipe gets results alone. With
/// <c>--json</c> stdout has one JSON document and nothing else.
/// </summary>
internal sealed class Terminal
{
    private static readonly JsonSerializerOptions JsonStyle = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private Terminal(bool isJson)
    {
        IsJson = isJson;
        Out = Create(Console.Out, Console.IsOutputRedirected);
        Error = Create(Console.Error, Console.IsErrorRedirected);
    }

    internal bool IsJson { get; }

    /// <summary>Results for people. Not used with <c>--json</c>.</summary>
    internal IAnsiConsole Out { get; }

    /// <summary>Progress and complaints.</summary>
    internal IAnsiConsole Error { get; }

    /// <summary>Whether a progress bar would be seen, and disturb nobody.</summary>
    internal static bool ShowsProgress => !Console.IsErrorRedirected;

    internal static Terminal Create(bool isJson) => new(isJson);

    internal static void WriteJson(JsonNode document) => Console.Out.WriteLine(document.ToJsonString(JsonStyle));

    /// <summary>
    /// A complaint with its remedy, plain where nobody sees colour. The terminal wraps it, not we, so that a command in
    /// it can be copied whole.
    /// </summary>
    internal void Complain(string message)
    {
        Error.Markup("[red]sgl:[/] ");
        Error.Profile.Out.Writer.WriteLine(message);
    }

    /// <summary>Something good to know, on stderr.</summary>
    internal void Note(string message) => Error.MarkupLine($"[grey]{Markup.Escape(message)}[/]");

    private static IAnsiConsole Create(TextWriter writer, bool isRedirected)
    {
        bool isPlain = isRedirected || Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 };
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = isRedirected ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = isPlain ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = isRedirected ? InteractionSupport.No : InteractionSupport.Detect,
        });

        // Spectre takes 80 columns where there is no terminal; a pipe or a log wants its lines whole.
        if (isRedirected)
            console.Profile.Width = 4096;
        return console;
    }
}
