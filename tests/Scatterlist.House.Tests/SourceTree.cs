using Scatterlist.Testing;

namespace Scatterlist.House.Tests;

/// <summary>The repository that these tests were built from.</summary>
internal static class SourceTree
{
    private static readonly string[] Skipped = [".git", "artifacts", "bin", "obj", ".vs", ".idea", "TestResults"];

    private static readonly string[] TextFiles =
    [
        ".cs", ".csproj", ".props", ".targets", ".slnx", ".json", ".md", ".txt", ".yml", ".yaml", ".sh", ".c", ".h", ".py",
        ".xml", ".editorconfig", ".gitignore", "",
    ];

    /// <summary>The folder that holds Scatterlist.slnx.</summary>
    internal static string Root => Repository.Root;

    /// <summary>Every text file of the tree.</summary>
    internal static IReadOnlyList<SourceFile> Files { get; } = [.. Walk(Root)];

    /// <summary>The C# files.</summary>
    internal static IEnumerable<SourceFile> CSharp =>
        Files.Where(file => file.Name.EndsWith(".cs", StringComparison.Ordinal));

    /// <summary>The project files.</summary>
    internal static IEnumerable<SourceFile> Projects =>
        Files.Where(file => file.Name.EndsWith(".csproj", StringComparison.Ordinal));

    /// <summary>A file by its path from the root.</summary>
    internal static SourceFile Get(string path) =>
        new(path, File.Exists(Path.Combine(Root, path)) ? File.ReadAllText(Path.Combine(Root, path)) : "");

    private static IEnumerable<SourceFile> Walk(string folder)
    {
        foreach (string file in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal))
        {
            if (TextFiles.Contains(Path.GetExtension(file)))
                yield return new SourceFile(Path.GetRelativePath(Root, file), File.ReadAllText(file));
        }

        foreach (string inner in Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal))
        {
            if (Skipped.Contains(Path.GetFileName(inner)))
                continue;
            foreach (SourceFile file in Walk(inner))
                yield return file;
        }
    }
}
