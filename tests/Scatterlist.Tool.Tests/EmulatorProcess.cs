using System.Diagnostics;
using Scatterlist.Testing;

namespace Scatterlist.Tool.Tests;

/// <summary><c>sgl vrtd emulate</c>, or another family's, as a process, ready to be connected to; ended by Ctrl-C.</summary>
internal sealed class EmulatorProcess : IDisposable
{
    private readonly Process _process;

    internal EmulatorProcess(string socket, params string[] arguments)
        : this("vrtd", socket, arguments)
    {
    }

    private EmulatorProcess(string family, string socket, string[] arguments)
    {
        Socket = socket;
        _process = Sgl.Start([family, "emulate", "--socket", socket, "--json", .. arguments]);
        if (_process.StandardOutput.ReadLine() != "{")
            throw new InvalidOperationException("The emulator did not start: " + _process.StandardError.ReadToEnd());
    }

    internal string Socket { get; }

    /// <summary>An emulated accelerator in place of the V80.</summary>
    internal static EmulatorProcess Accelerator(string socket, params string[] arguments) =>
        new("opae", socket, arguments);

    internal int Id => _process.Id;

    /// <summary>Waits for the next request that <c>--trace</c> tells of.</summary>
    internal string ReadTrace() => _process.StandardError.ReadLine() ?? "";

    /// <summary>Ends it as a user would, and returns its exit code.</summary>
    internal int Stop(int signal = 2)
    {
        Sgl.Signal(_process, signal);
        Assert.True(_process.WaitForExit(TimeSpan.FromSeconds(60)), "the emulator does not end");
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            Stop();
        _process.Dispose();
    }
}
