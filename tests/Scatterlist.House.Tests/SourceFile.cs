using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Scatterlist.House.Tests;

/// <summary>A file of the tree: its path from the root with forward slashes, and its text.</summary>
internal sealed record SourceFile(string Path, string Text)
{
    private SyntaxNode? _root;

    internal string Name => System.IO.Path.GetFileName(Path);

    internal long Bytes => System.Text.Encoding.UTF8.GetByteCount(Text);

    /// <summary>The syntax of a C# file.</summary>
    internal SyntaxNode Root => _root ??= CSharpSyntaxTree.ParseText(
        Text, new CSharpParseOptions(LanguageVersion.Preview, DocumentationMode.None)).GetRoot();

    internal bool IsUnder(string folder) => Path.StartsWith(folder + "/", StringComparison.Ordinal);

    /// <summary>Where a node is, for the report.</summary>
    internal string At(SyntaxNode node) => At(node.GetLocation());

    internal string At(Location location) => $"{Path}({location.GetLineSpan().StartLinePosition.Line + 1})";
}
