using System.Reflection;
using Scatterlist.House.Tests.Api;

namespace Scatterlist.House.Tests;

/// <summary>
/// What users can see of each library is written down in PublicApi/, so that a change of it is a decision. After a
/// meant change, run these tests with SCATTERLIST_UPDATE_API=1 and commit the texts.
/// </summary>
public sealed class PublicApiTests
{
    private const string UpdateVariable = "SCATTERLIST_UPDATE_API";

    private static readonly string[] Verified =
    [
        "Scatterlist",
        "Scatterlist.HostFd",
        "Scatterlist.Opae",
        "Scatterlist.Opae.SoftAccelerator",
        "Scatterlist.Transfer",
        "Scatterlist.Verbs",
        "Scatterlist.Verbs.SoftRoce",
        "Scatterlist.Vfio",
        "Scatterlist.Vrtd",
        "Scatterlist.Vrtd.Emulator",
    ];

    public static TheoryData<string> Libraries => [.. Verified];

    [Theory]
    [MemberData(nameof(Libraries))]
    public void It_is_as_written_down(string assembly)
    {
        string path = $"tests/Scatterlist.House.Tests/PublicApi/{assembly}.txt";
        string after = ApiText.Of(Assembly.Load(assembly));
        if (Environment.GetEnvironmentVariable(UpdateVariable) == "1")
            File.WriteAllText(Path.Combine(SourceTree.Root, path), after);
        string before = SourceTree.Get(path).Text;
        Assert.True(
            before == after,
            $"The public API of {assembly} is not as in {path}:\n{ApiText.Difference(before, after)}\n"
            + $"If that is meant: {UpdateVariable}=1 ./test House, and commit the text.");
    }

    [Fact]
    public void Every_library_is_written_down()
    {
        IEnumerable<string> libraries = SourceTree.Projects.Where(project => project.IsUnder("src"))
            .Select(project => Path.GetFileNameWithoutExtension(project.Name));
        Assert.Equal(Verified, libraries.Where(name => name != "Scatterlist.Tool").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_text_reads_like_the_source()
    {
        string text = ApiText.Of([typeof(Shapes.Sample), typeof(Shapes.Choice), typeof(Shapes.Pair)]);
        Assert.Equal(
            """
            namespace Scatterlist.House.Tests

            [Flags] public enum Shapes.Choice : ushort
                None = 0
                One = 1
                Two = 2

            public readonly record struct Shapes.Pair : IEquatable<Shapes.Pair>
                Pair(int Left, string? Right)
                int Left { get; init; }
                string? Right { get; init; }

            public abstract class Shapes.Sample : List<string>, IDisposable
                abstract bool Try(ReadOnlySpan<byte> data, out int count, in Shapes.Pair pair)
                const int Size = 16
                int this[string key] { get; }
                override string ToString()
                protected Sample(nuint size = 4, string? name = null, Shapes.Choice choice = Shapes.Choice.One)
                static Task<List<string?>?> Load(string path, params int[] more)
                string? Name { get; protected set; }
                void Dispose()
                void Wait(ulong? limit = null, TimeSpan time = default, Shapes.Choice choice = Shapes.Choice.One | Shapes.Choice.Two)

            """.ReplaceLineEndings("\n"),
            text);
    }

    [Fact]
    public void A_difference_names_the_type_and_both_lines()
    {
        string difference = ApiText.Difference(
            "namespace N\n\npublic class A\n    int B()\n    int C()\n",
            "namespace N\n\npublic class A\n    int C()\n    long B()\n");
        Assert.Equal("- public class A | int B()\n+ public class A | long B()", difference);
        Assert.Equal("", ApiText.Difference("public class A\n", "public class A\n"));
    }
}
