using System.Text;
using System.Text.Json.Nodes;

namespace Scatterlist.Tool.Tests;

/// <summary>How a run of the command ended and what it printed.</summary>
internal sealed record SglResult(int ExitCode, byte[] Bytes, string Error)
{
    internal string Text => Encoding.UTF8.GetString(Bytes);

    internal JsonNode Json => JsonNode.Parse(Text)!;

    public override string ToString() => $"exit code {ExitCode}\n{Text}\n{Error}";
}
