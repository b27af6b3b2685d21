using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Scatterlist.Compare.Areas.Vrtd;

/// <summary>Another program, run the same way for both sides: what it prints is kept for the case that it fails.</summary>
internal sealed class WholeProcess : IDisposable
{
    private readonly Process _process;
    private readonly string _command;
    private readonly StringBuilder _printed = new();

    private WholeProcess(Process process, string command)
    {
        _process = process;
        _command = command;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Whether the program has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>Starts a program.</summary>
    /// <exception cref="CannotMeasureException">It does not start.</exception>
    public static WholeProcess Start(string file, params string[] arguments)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            return new WholeProcess(Process.Start(start)!, $"{file} {string.Join(' ', arguments)}");
        }
        catch (Win32Exception e)
        {
            throw new CannotMeasureException($"{file} does not start: {e.Message}.", e);
        }
    }

    /// <summary>Runs a program to its end.</summary>
    /// <exception cref="CannotMeasureException">It does not start, or its exit code is not 0.</exception>
    public static void Run(string file, params string[] arguments)
    {
        using WholeProcess process = Start(file, arguments);
        process._process.WaitForExit();
        if (process._process.ExitCode != 0)
            throw process.Failed();
    }

    /// <summary>What to throw when the program did not do what it should.</summary>
    public CannotMeasureException Failed()
    {
        lock (_printed)
        {
            string end = HasExited ? $"ended with {_process.ExitCode}" : "does not do what it should";
            return new CannotMeasureException($"{_command} {end}:\n{_printed}");
        }
    }

    /// <summary>Ends the program if it has not ended.</summary>
    public void Dispose()
    {
        if (!HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private void Keep(string? line)
    {
        lock (_printed)
            _printed.AppendLine(line);
    }
}
