using System.Diagnostics;

namespace Scatterlist.Tool.Tests;

/// <summary>The real command, run as a process of its own.</summary>
internal static class Sgl
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    /// <summary>Runs to the end.</summary>
    internal static SglResult Run(params string[] arguments) => Run(input: [], arguments);

    /// <summary>Runs to the end with bytes on standard input.</summary>
    internal static SglResult Run(byte[] input, params string[] arguments)
    {
        using Process process = Start(arguments);
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
            throw new TimeoutException($"sgl {string.Join(' ', arguments)} did not end within {Limit}.");
        }

        reading.Wait();
        return new SglResult(process.ExitCode, output.ToArray(), complaints.Result);
    }

    /// <summary>Starts and returns at once.</summary>
    internal static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Remove("SCATTERLIST_VRTD_SOCKET");
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
