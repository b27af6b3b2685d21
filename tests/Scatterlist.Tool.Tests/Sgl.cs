using System.Diagnostics;

namespace Scatterlist.Tool.Tests;

/// <summary>The real command, run as a process of its own.</summary>
internal static class Sgl
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private static readonly string[] Variables =
    [
        "SCATTERLIST_VRTD_SOCKET", "SCATTERLIST_VERBS", "SCATTERLIST_SOFTROCE_ADDRESS", "SCATTERLIST_SOFTROCE_SAMEHOST",
        "SCATTERLIST_SOFTROCE_FAULTS", "SCATTERLIST_SOFTROCE_CAPTURE",
    ];

    /// <summary>Runs to the end.</summary>
    internal static SglResult Run(params string[] arguments) => Run(input: [], arguments);

    /// <summary>Runs to the end with bytes on standard input.</summary>
    internal static SglResult Run(byte[] input, params string[] arguments)
    {
        using Process process = Start(arguments);
        return Finish(process, input, string.Join(' ', arguments));
    }

    /// <summary>Waits for the end of a started one, and takes what it printed.</summary>
    internal static SglResult Finish(Process process, byte[] input, string arguments)
    {
        using var output = new MemoryStream();
        Task reading = process.StandardOutput.BaseStream.CopyToAsync(output);
        Task<string> complaints = process.StandardError.ReadToEndAsync();
        try
        {
            process.StandardInput.BaseStream.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without wanting its input; the exit code tells.
        }

        if (!process.WaitForExit(Limit))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"sgl {arguments} did not end within {Limit}.");
        }

        reading.Wait();
        return new SglResult(process.ExitCode, output.ToArray(), complaints.Result);
    }

    /// <summary>Starts and returns at once.</summary>
    internal static Process Start(params string[] arguments) => Start(environment: [], arguments);

    /// <summary>Starts with variables of the environment, as <c>NAME=value</c>, and returns at once.</summary>
    internal static Process Start(string[] environment, string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string name in Variables)
            start.Environment.Remove(name);
        foreach (string variable in environment)
            start.Environment[variable.Split('=')[0]] = variable.Split('=', 2)[1];
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "sgl.dll"));
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    /// <summary>Sends a signal: 2 is Ctrl-C, 15 is SIGTERM.</summary>
    internal static void Signal(Process process, int signal)
    {
        using Process kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]);
        kill.WaitForExit();
    }
}
