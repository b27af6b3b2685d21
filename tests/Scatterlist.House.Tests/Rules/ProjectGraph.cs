using System.Xml.Linq;

namespace Scatterlist.House.Tests.Rules;

/// <summary>
/// References point one way: the tool to the copy engine, that to the device families, those to host descriptors and
/// VFIO, and all to the memory model. Families do not know each other, and an emulator knows its own family alone.
/// </summary>
internal static class ProjectGraph
{
    private static readonly string[] Bases = ["Scatterlist.HostFd", "Scatterlist.Vfio"];
    private static readonly string[] Families = ["Scatterlist.Vrtd", "Scatterlist.Verbs", "Scatterlist.Opae"];

    /// <summary>References of a project under src that the direction does not allow.</summary>
    internal static IEnumerable<string> CheckReferences(SourceFile project)
    {
        string name = Path.GetFileNameWithoutExtension(project.Name);
        string[]? allowed = AllowedFor(name);
        foreach (string reference in References(project))
        {
            if (allowed is null)
                yield return $"{project.Path}: give {name} its place in the direction of references";
            else if (!allowed.Contains(reference) && !(name == "Scatterlist.Tool" && IsSource(reference)))
                yield return $"{project.Path}: {name} may not reference {reference}";
        }
    }

    internal static IEnumerable<string> CheckDescription(SourceFile project)
    {
        string? text = XDocument.Parse(project.Text).Descendants("Description").FirstOrDefault()?.Value;
        if (string.IsNullOrWhiteSpace(text))
            yield return $"{project.Path}: a package needs a Description";
    }

    /// <summary>Projects that the solution does not build.</summary>
    internal static IEnumerable<string> CheckSolution(SourceFile solution, IEnumerable<SourceFile> projects)
    {
        string[] listed =
            [.. XDocument.Parse(solution.Text).Descendants("Project").Select(p => p.Attribute("Path")!.Value)];
        return projects.Where(project => !listed.Contains(project.Path))
            .Select(project => $"{project.Path}: not in {solution.Path}");
    }

    /// <summary>The version that is being built needs its entry in the changelog.</summary>
    internal static IEnumerable<string> CheckChangelog(SourceFile properties, SourceFile changelog)
    {
        string version = XDocument.Parse(properties.Text).Descendants("Version").Single().Value;
        bool hasEntry = changelog.Text.Split('\n').Any(line => line.StartsWith("## ", StringComparison.Ordinal)
            && line[3..].Split(' ', '[', ']').Contains(version));
        if (!hasEntry)
            yield return $"{changelog.Path}: no entry '## {version}'";
    }

    private static IEnumerable<string> References(SourceFile project) => XDocument.Parse(project.Text)
        .Descendants("ProjectReference")
        .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')));

    private static bool IsSource(string name) => name == "Scatterlist" || AllowedFor(name) is not null;

    private static string[]? AllowedFor(string name)
    {
        if (name == "Scatterlist")
            return [];
        if (name == "Scatterlist.Vfio")
            return ["Scatterlist", "Scatterlist.HostFd"]; // vfio-user passes descriptors over a socket
        if (Bases.Contains(name))
            return ["Scatterlist"];
        if (Families.Contains(name))
            return ["Scatterlist", .. Bases];
        if (name == "Scatterlist.Transfer")
            return ["Scatterlist", .. Bases, .. Families];
        if (name == "Scatterlist.Tool")
            return ["Scatterlist", .. Bases, .. Families, "Scatterlist.Transfer"];
        string? family = Families.Append("Scatterlist.Vfio")
            .FirstOrDefault(f => name.StartsWith(f + ".", StringComparison.Ordinal));
        return family is null ? null : ["Scatterlist", .. Bases, family];
    }
}
