using System.Diagnostics;
using Scatterlist.Testing;

namespace Scatterlist.Samples.Tests;

public sealed class SampleTests
{
    public static TheoryData<string> Names() =>
        new(Directory.GetDirectories(Path.Combine(Repository.Root, "samples"))
            .Select(path => Path.GetFileName(path)!).Order());

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_sample_runs_and_finds_what_it_expects(string name)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory); // artifacts/bin/<project>/<configuration>
        string program = Path.Combine(folder.Parent!.Parent!.FullName, name, folder.Name, name + ".dll");

        using Process sample = Process.Start(new ProcessStartInfo("dotnet", program)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        string output = sample.StandardOutput.ReadToEnd() + sample.StandardError.ReadToEnd();

        Assert.True(sample.WaitForExit(TimeSpan.FromMinutes(1)));
        Assert.True(sample.ExitCode == 0, output);
        Assert.NotEmpty(output);
    }

    [Fact]
    public void The_readme_shows_the_first_sample_as_it_is()
    {
        string sample = File.ReadAllText(Path.Combine(Repository.Root, "samples/DeviceRoundTrip/Program.cs")).Trim();

        Assert.Contains(
            "```csharp\n" + sample + "\n```", File.ReadAllText(Path.Combine(Repository.Root, "README.md")),
            StringComparison.Ordinal);
        Assert.InRange(sample.Split('\n').Length, 15, 30);
    }
}
