using System.Diagnostics;
using System.Text;
using Scatterlist.Verbs.Contract.Tests.Media;

namespace Scatterlist.Verbs.Contract.Tests.Peers;

/// <summary>The other side as a process of its own: this executable started again, spoken to over its pipes.</summary>
internal sealed class PeerProcess : IPeerLink
{
    private readonly Process _process;
    private readonly StringBuilder _complaints = new();

    private PeerProcess(Process process)
    {
        _process = process;
        process.ErrorDataReceived += (_, line) =>
        {
            lock (_complaints)
                _complaints.AppendLine(line.Data);
        };
        process.BeginErrorReadLine();
    }

    public int ProcessId => _process.Id;

    public bool IsAlive => !_process.HasExited;

    /// <summary>Starts it.</summary>
    internal static PeerProcess Start()
    {
        // Not this process's path, which is dotnet's own where the tests were started by it.
        string program = Path.ChangeExtension(typeof(PeerProcess).Assembly.Location, null);
        string[] line = [.. MediumList.PeerCommand, program];
        var start = new ProcessStartInfo(line[0], line[1..].Append(Program.PeerArgument))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_TieredCompilation"] = "1";
        return new PeerProcess(Process.Start(start)!);
    }

    public byte[] Call(byte[] request)
    {
        try
        {
            PeerFrames.Write(_process.StandardInput.BaseStream, request);
            if (PeerFrames.Read(_process.StandardOutput.BaseStream) is { } reply)
                return reply;
        }
        catch (IOException)
        {
            // It ended; said below.
        }

        _process.WaitForExit(1000);
        lock (_complaints)
            throw new InvalidOperationException($"The other process ended. {_complaints}");
    }

    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        try
        {
            _process.StandardInput.Close(); // it ends when its input does
            if (!_process.WaitForExit(5000))
                _process.Kill();
        }
        catch (IOException)
        {
            // Killed before.
        }

        _process.Dispose();
    }

    /// <summary>The loop of the other process.</summary>
    internal static int Serve(Stream requests, Stream replies)
    {
        using var server = new PeerServer();
        while (PeerFrames.Read(requests) is { } request)
            PeerFrames.Write(replies, server.Answer(request));
        return 0;
    }
}
