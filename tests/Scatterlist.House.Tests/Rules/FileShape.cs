using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Scatterlist.House.Tests.Rules;

/// <summary>How big a file is and what it holds.</summary>
internal static partial class FileShape
{
    internal const int MaxBytes = 24 * 1024;

    internal static IEnumerable<string> CheckSize(SourceFile file)
    {
        if (file.Bytes > MaxBytes)
            yield return $"{file.Path}: {file.Bytes} bytes, at most {MaxBytes}: split it by theme";
    }

    /// <summary>More than one public type at the top of a file. Nested ones do not count.</summary>
    internal static IEnumerable<string> CheckPublicTypes(SourceFile file)
    {
        string[] types =
        [
            .. file.Root.DescendantNodes(node => node is CompilationUnitSyntax or BaseNamespaceDeclarationSyntax)
                .OfType<MemberDeclarationSyntax>()
                .Where(member => member.Modifiers.Any(SyntaxKind.PublicKeyword))
                .Select(member => member switch
                {
                    BaseTypeDeclarationSyntax type => type.Identifier.Text,
                    DelegateDeclarationSyntax type => type.Identifier.Text,
                    _ => "",
                })
                .Where(name => name.Length != 0)
                .Distinct(),
        ];
        if (types.Length > 1)
            yield return $"{file.Path}: {string.Join(", ", types)}: one public type a file";
    }

    internal static IEnumerable<string> CheckRegions(SourceFile file) =>
        from trivia in file.Root.DescendantTrivia()
        where trivia.IsKind(SyntaxKind.RegionDirectiveTrivia)
        select $"{file.At(trivia.GetLocation())}: #region: split the file instead";

    /// <summary>Paths of one machine, which mean nothing on another.</summary>
    internal static IEnumerable<string> CheckPaths(SourceFile file)
    {
        foreach (Match match in MachinePath().Matches(file.Text))
        {
            int line = file.Text.AsSpan(0, match.Index).Count('\n') + 1;
            yield return $"{file.Path}({line}): {match.Value}: a path of one machine";
        }
    }

    [GeneratedRegex(@"(?<![\w.~*-])/wor[k]/[\w.-]*")]
    private static partial Regex MachinePath();
}
