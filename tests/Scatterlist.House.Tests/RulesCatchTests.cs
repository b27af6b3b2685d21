using Scatterlist.House.Tests.Rules;

namespace Scatterlist.House.Tests;

/// <summary>Each rule finds what it is for.</summary>
public sealed class RulesCatchTests
{
    [Theory]
    [InlineData("unsafe class C { }")]
    [InlineData("class C { void M() { unsafe { } } }")]
    [InlineData("class C { int* p; }")]
    [InlineData("class C { delegate* unmanaged<void> f; }")]
    [InlineData("partial class C { [LibraryImport(\"libc\")] static partial int close(int fd); }")]
    [InlineData("class C { [System.Runtime.InteropServices.DllImportAttribute(\"libc\")] static extern int close(int fd); }")]
    [InlineData("class C { int M(ref byte b) => Unsafe.As<byte, int>(ref b); }")]
    [InlineData("class C { void M(byte[] b) { ref byte r = ref System.Runtime.InteropServices.MemoryMarshal.GetReference(b); } }")]
    [InlineData("class C { void M(ref byte b) { var s = MemoryMarshal.CreateSpan(ref b, 9); } }")]
    public void Unsafe_code_outside_of_its_rooms(string text)
    {
        Assert.NotEmpty(UnsafeCode.Check(new("src/Scatterlist/Memory/C.cs", text)));
        Assert.Empty(UnsafeCode.Check(new("src/Scatterlist/Memory/C.Unsafe.cs", text)));
        Assert.Empty(UnsafeCode.Check(new("src/Scatterlist/Interop/C.cs", text)));
        Assert.NotEmpty(UnsafeCode.Check(new("src/Scatterlist/NoInterop/C.cs", text)));
    }

    [Theory]
    [InlineData("class C { // unsafe int* p;\n string s = \"unsafe { int* p; } [DllImport]\"; int a = 2 * 3; }")]
    [InlineData("class C { /* LibraryImport */ int unsafeCount; int M(int b) => unsafeCount * b; }")]
    [InlineData("class C { void M(byte[] b) { MemoryMarshal.Cast<byte, int>(b); } }")]
    public void Words_in_texts_and_products_are_not_unsafe(string text) =>
        Assert.Empty(UnsafeCode.Check(new("src/Scatterlist/C.cs", text)));

    [Fact]
    public void A_suppressed_GC_transition()
    {
        string text = "partial class C { [LibraryImport(\"libc\"), SuppressGCTransition] static partial int read(int fd); }";
        Assert.Contains("read", Assert.Single(UnsafeCode.CheckTransitions(new("src/X/Interop/C.cs", text))), StringComparison.Ordinal);
        Assert.Empty(UnsafeCode.CheckTransitions(new("src/X/C.cs", "class C { } // SuppressGCTransition")));
    }

    [Fact]
    public void A_file_that_is_too_big()
    {
        Assert.Empty(FileShape.CheckSize(new("src/A.cs", new string('x', FileShape.MaxBytes))));
        Assert.Single(FileShape.CheckSize(new("src/A.cs", new string('x', FileShape.MaxBytes + 1))));
        Assert.Single(FileShape.CheckSize(new("src/A.cs", new string('é', (FileShape.MaxBytes / 2) + 1))));
    }

    [Theory]
    [InlineData("public class A { } public class B { }", true)]
    [InlineData("namespace N; public enum A { } public delegate void B();", true)]
    [InlineData("namespace N { public struct A { } } namespace M { public record B; }", true)]
    [InlineData("namespace N; public class A { public class B { } } class C { public class D { } } internal enum E { }", false)]
    [InlineData("namespace N; public partial class A { } public partial class A { }", false)]
    public void Two_public_types_in_a_file(string text, bool caught) =>
        Assert.Equal(caught, FileShape.CheckPublicTypes(new("src/A.cs", text)).Any());

    [Fact]
    public void A_region()
    {
        Assert.Single(FileShape.CheckRegions(new("src/A.cs", "class A {\n#region x\n#endregion\n}")));
        Assert.Empty(FileShape.CheckRegions(new("src/A.cs", "class A { string s = \"#region\"; }")));
    }

    [Theory]
    [InlineData("see /{0}/shared/x.md", true)]
    [InlineData("\"/{0}/main\"", true)]
    [InlineData("https://example.org/{0}/x", false)]
    [InlineData("tests/framework/x and net{0}/y", false)]
    public void A_path_of_one_machine(string text, bool caught) =>
        Assert.Equal(caught, FileShape.CheckPaths(new("a.md", text.Replace("{0}", "work", StringComparison.Ordinal))).Any());

    [Theory]
    [InlineData("Scatterlist", "Scatterlist.HostFd", false)]
    [InlineData("Scatterlist.HostFd", "Scatterlist", true)]
    [InlineData("Scatterlist.HostFd", "Scatterlist.Vfio", false)]
    [InlineData("Scatterlist.Vrtd", "Scatterlist.HostFd", true)]
    [InlineData("Scatterlist.Vrtd", "Scatterlist.Verbs", false)]
    [InlineData("Scatterlist.Vrtd", "Scatterlist.Vrtd.Emulator", false)]
    [InlineData("Scatterlist.Vrtd.Emulator", "Scatterlist.Vrtd", true)]
    [InlineData("Scatterlist.Vrtd.Emulator", "Scatterlist.Opae", false)]
    [InlineData("Scatterlist.Verbs.SoftRoce", "Scatterlist.Verbs", true)]
    [InlineData("Scatterlist.Transfer", "Scatterlist.Vrtd", true)]
    [InlineData("Scatterlist.Transfer", "Scatterlist.Vrtd.Emulator", false)]
    [InlineData("Scatterlist.Vrtd", "Scatterlist.Transfer", false)]
    [InlineData("Scatterlist.Tool", "Scatterlist.Vrtd.Emulator", true)]
    [InlineData("Scatterlist.Tool", "Scatterlist.Transfer", true)]
    [InlineData("Scatterlist.Tool", "Scatterlist.Testing", false)]
    [InlineData("Scatterlist.Novelty", "Scatterlist", false)]
    public void A_reference_against_the_direction(string project, string reference, bool allowed)
    {
        var file = new SourceFile(
            $"src/{project}/{project}.csproj",
            $"<Project><ItemGroup><ProjectReference Include=\"../{reference}/{reference}.csproj\" /></ItemGroup></Project>");
        Assert.Equal(allowed, !ProjectGraph.CheckReferences(file).Any());
    }

    [Fact]
    public void A_package_without_a_description()
    {
        Assert.Single(ProjectGraph.CheckDescription(new("src/A.csproj", "<Project></Project>")));
        Assert.Single(ProjectGraph.CheckDescription(new("src/A.csproj", "<Project><Description> </Description></Project>")));
        Assert.Empty(ProjectGraph.CheckDescription(new("src/A.csproj", "<Project><Description>A.</Description></Project>")));
    }

    [Fact]
    public void A_project_outside_of_the_solution()
    {
        var solution = new SourceFile("S.slnx", "<Solution><Project Path=\"src/A.csproj\" /></Solution>");
        Assert.Empty(ProjectGraph.CheckSolution(solution, [new("src/A.csproj", "")]));
        Assert.Single(ProjectGraph.CheckSolution(solution, [new("src/A.csproj", ""), new("src/B.csproj", "")]));
    }

    [Theory]
    [InlineData("# Changelog\n## 1.2.0 - unreleased\n", true)]
    [InlineData("# Changelog\n## [1.2.0] 2026-01-01\n", true)]
    [InlineData("# Changelog\n## 1.2.0-beta\n", false)]
    [InlineData("# Changelog\nSee 1.2.0.\n", false)]
    [InlineData("", false)]
    public void A_version_without_an_entry(string changelog, bool found)
    {
        var properties = new SourceFile("P.props", "<Project><Version>1.2.0</Version></Project>");
        Assert.Equal(found, !ProjectGraph.CheckChangelog(properties, new("CHANGELOG.md", changelog)).Any());
    }
}
