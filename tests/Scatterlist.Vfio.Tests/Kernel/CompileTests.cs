using System.Diagnostics;

namespace Scatterlist.Vfio.Tests.Kernel;

/// <summary>The script that compiles programs for the guest.</summary>
public sealed class CompileTests
{
    [Fact]
    public void Without_a_compiler_a_program_is_run_as_it_was_built()
    {
        using var folder = new TempDirectory();
        string built = Directory.CreateDirectory(folder["Project/release"]).FullName;
        var start = new ProcessStartInfo(Path.Combine(Repository.Root, "tests", "guest", "compile"), [built])
        {
            RedirectStandardOutput = true,
            Environment = { ["NUGET_PACKAGES"] = folder["no-packages"] },
        };
        using Process process = Process.Start(start)!;
        Assert.Equal(built, process.StandardOutput.ReadToEnd().Trim());
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
