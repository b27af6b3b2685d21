using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Scatterlist.House.Tests.Rules;

/// <summary>
/// Unsafe code has a room: under a folder <c>Interop</c> or in a file <c>*.Unsafe.cs</c>. That includes what does
/// pointer arithmetic without the keyword.
/// </summary>
internal static class UnsafeCode
{
    private static readonly string[] Imports = ["LibraryImport", "DllImport"];

    private static readonly string[] Arithmetic =
        ["GetReference", "GetArrayDataReference", "CreateSpan", "CreateReadOnlySpan"];

    /// <summary>The calls that never wait, take nanoseconds, and so may hold up a collection.</summary>
    private static readonly string[] NeverWaits = [];

    internal static bool IsRoom(SourceFile file) =>
        file.Path.Contains("/Interop/", StringComparison.Ordinal)
        || file.Name.EndsWith(".Unsafe.cs", StringComparison.Ordinal);

    /// <summary>What is unsafe in a file that is no room for it.</summary>
    internal static IEnumerable<string> Check(SourceFile file)
    {
        if (IsRoom(file))
            yield break;
        foreach (SyntaxNodeOrToken item in file.Root.DescendantNodesAndTokens())
        {
            if (item.IsKind(SyntaxKind.UnsafeKeyword))
                yield return $"{file.At(item.GetLocation()!)}: unsafe";
            string? found = item.AsNode() switch
            {
                PointerTypeSyntax pointer => pointer.ToString(),
                FunctionPointerTypeSyntax function => function.ToString(),
                FixedStatementSyntax => "fixed",
                AttributeSyntax attribute when Imports.Contains(NameOf(attribute)) => NameOf(attribute),
                MemberAccessExpressionSyntax access when IsPointerLike(access) => access.ToString(),
                _ => null,
            };
            if (found is not null)
                yield return $"{file.At(item.AsNode()!)}: {found}";
        }
    }

    /// <summary>Imports that suppress the GC transition and are not known never to wait.</summary>
    internal static IEnumerable<string> CheckTransitions(SourceFile file) =>
        from attribute in file.Root.DescendantNodes().OfType<AttributeSyntax>()
        where NameOf(attribute) is "SuppressGCTransition"
        let method = attribute.FirstAncestorOrSelf<MethodDeclarationSyntax>()?.Identifier.Text ?? "?"
        where !NeverWaits.Contains(method)
        select $"{file.At(attribute)}: {method} has SuppressGCTransition; a call that waits would stop every collection";

    private static bool IsPointerLike(MemberAccessExpressionSyntax access)
    {
        string owner = access.Expression.ToString().Split('.')[^1];
        return owner == "Unsafe" || (owner == "MemoryMarshal" && Arithmetic.Contains(access.Name.Identifier.Text));
    }

    private static string NameOf(AttributeSyntax attribute)
    {
        string name = attribute.Name.ToString().Split('.')[^1];
        return name.EndsWith("Attribute", StringComparison.Ordinal) ? name[..^"Attribute".Length] : name;
    }
}
