using System.Runtime.InteropServices;
using Scatterlist.Compare.Harness;

namespace Scatterlist.Compare.Areas.Vrtd;

/// <summary>The <c>sgl</c> command as its users have it: compiled ahead (ReadyToRun), so that it starts quickly.</summary>
internal sealed class SglProgram
{
    private readonly string _file;
    private readonly string[] _first;

    private SglProgram(string file, params string[] first) => (_file, _first) = (file, first);

    /// <summary>
    /// Publishes the tool into the artifacts folder; what is there is used again where nothing changed. A quick run
    /// takes the one that was built along with this program instead.
    /// </summary>
    /// <exception cref="CannotMeasureException">There is no tool to run, or it cannot be built.</exception>
    public static SglProgram Build(Pace pace)
    {
        if (!pace.IsQuick)
            return Publish();
        string beside = Path.Combine(AppContext.BaseDirectory, "sgl.dll");
        return File.Exists(beside)
            ? new SglProgram(DotNet, "exec", beside)
            : throw new CannotMeasureException($"There is no {beside}: build the solution first.");
    }

    /// <summary>Starts the tool.</summary>
    /// <exception cref="CannotMeasureException">It does not start.</exception>
    public WholeProcess Start(params string[] arguments) => WholeProcess.Start(_file, [.. _first, .. arguments]);

    /// <summary>Runs the tool to its end.</summary>
    /// <exception cref="CannotMeasureException">It failed.</exception>
    public void Run(params string[] arguments) => WholeProcess.Run(_file, [.. _first, .. arguments]);

    private static string DotNet => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    private static SglProgram Publish()
    {
        string root = RepositoryRoot();
        string output = Path.Combine(root, "artifacts", "compare", "sgl");

        // Built apart from the solution's own output, whose assets have no runtime identifier.
        WholeProcess.Run(
            DotNet,
            "publish", Path.Combine(root, "src", "Scatterlist.Tool"), "-c", "Release", "--nologo", "-v", "quiet",
            "-r", RuntimeInformation.RuntimeIdentifier, "--self-contained", "false", "-p:PublishReadyToRun=true",
            "-o", output, "--artifacts-path", Path.Combine(root, "artifacts", "compare", "build"));
        return new SglProgram(Path.Combine(output, "sgl"));
    }

    private static string RepositoryRoot()
    {
        for (string? at = AppContext.BaseDirectory; at is not null; at = Path.GetDirectoryName(at))
        {
            if (File.Exists(Path.Combine(at, "Scatterlist.slnx")))
                return at;
        }

        throw new CannotMeasureException("sgl is published from its sources, which are not above this program.");
    }
}
