using Scatterlist.House.Tests.Rules;

namespace Scatterlist.House.Tests;

/// <summary>The rules of the house, on the tree as it is.</summary>
public sealed class HouseRulesTests
{
    private static IEnumerable<SourceFile> Sources => SourceTree.CSharp.Where(file => file.IsUnder("src"));

    private static IEnumerable<SourceFile> Libraries => SourceTree.Projects.Where(file => file.IsUnder("src"));

    [Fact]
    public void The_tree_is_found()
    {
        Assert.True(Sources.Count() > 30);
        Assert.Contains(SourceTree.CSharp, file => file.Path == "tests/Scatterlist.House.Tests/HouseRulesTests.cs");
        Assert.Contains(Libraries, file => file.Path == "src/Scatterlist/Scatterlist.csproj");
    }

    [Fact]
    public void Unsafe_code_stays_in_its_rooms() => AssertNone(Sources.SelectMany(UnsafeCode.Check));

    [Fact]
    public void No_import_that_may_wait_suppresses_the_GC_transition() =>
        AssertNone(SourceTree.CSharp.Where(f => !f.IsUnder("bench")).SelectMany(UnsafeCode.CheckTransitions));

    [Fact]
    public void No_file_is_over_24_KiB() => AssertNone(SourceTree.CSharp.SelectMany(FileShape.CheckSize));

    [Fact]
    public void A_file_has_one_public_type() => AssertNone(Sources.SelectMany(FileShape.CheckPublicTypes));

    [Fact]
    public void No_regions() => AssertNone(SourceTree.CSharp.SelectMany(FileShape.CheckRegions));

    [Fact]
    public void No_file_names_a_path_of_one_machine() => AssertNone(SourceTree.Files.SelectMany(FileShape.CheckPaths));

    [Fact]
    public void References_keep_their_direction() => AssertNone(Libraries.SelectMany(ProjectGraph.CheckReferences));

    [Fact]
    public void Every_package_says_what_it_is() => AssertNone(Libraries.SelectMany(ProjectGraph.CheckDescription));

    [Fact]
    public void The_solution_has_every_project() =>
        AssertNone(ProjectGraph.CheckSolution(SourceTree.Get("Scatterlist.slnx"), SourceTree.Projects));

    [Fact]
    public void The_changelog_has_the_version() => AssertNone(
        ProjectGraph.CheckChangelog(SourceTree.Get("Directory.Build.props"), SourceTree.Get("CHANGELOG.md")));

    private static void AssertNone(IEnumerable<string> violations)
    {
        string[] all = [.. violations];
        Assert.True(all.Length == 0, string.Join("\n", all));
    }
}
