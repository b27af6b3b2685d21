using System.Diagnostics;
using System.Globalization;
using Scatterlist.Compare.Harness;

namespace Scatterlist.Compare.Areas.Verbs;

/// <summary>
/// Two processes, each with a soft NIC and on a processor of its own, connected. Both are a row's own: what is compiled
/// in them, and how, is what this one kind of work asks for.
/// </summary>
internal sealed class NicPair : IDisposable
{
    private readonly Process _first;
    private readonly Process _second;
    private long _compiledInFirst;
    private long _compiledInSecond;

    private NicPair(Process first, Process second) => (_first, _second) = (first, second);

    /// <summary>See <see cref="Comparison.CompiledMethods"/>; of both processes, as of the last turn.</summary>
    public long CompiledMethods => _compiledInFirst + _compiledInSecond;

    /// <summary>Starts both and connects them.</summary>
    /// <param name="sameHost">Whether the two may use shared memory; otherwise it is UDP.</param>
    /// <param name="faults">What happens to packets, as <c>loss=1</c>; null: nothing.</param>
    public static NicPair Start(bool sameHost, string? faults = null)
    {
        string medium = sameHost ? "same-host" : "udp";
        Process first = Start(NicPeerProgram.First, medium, faults ?? "");
        try
        {
            Process second = Start(NicPeerProgram.Second, medium, faults ?? "");
            try
            {
                string address = Read(first);
                Write(first, Read(second));
                Write(second, address);
                return new NicPair(first, second);
            }
            catch
            {
                Stop(second);
                throw;
            }
        }
        catch
        {
            Stop(first);
            throw;
        }
    }

    /// <summary>A turn.</summary>
    /// <returns>Seconds, by the first process's clock.</returns>
    public double Run(NicWork work, int count, int size)
    {
        string turn = string.Create(CultureInfo.InvariantCulture, $"{work} {count} {size}");
        Write(_second, turn);
        _compiledInSecond = long.Parse(Read(_second), CultureInfo.InvariantCulture);
        Write(_first, turn);
        string[] told = Read(_first).Split(' ');
        _compiledInFirst = long.Parse(told[1], CultureInfo.InvariantCulture);
        return double.Parse(told[0], CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        foreach (Process process in (Process[])[_first, _second])
        {
            process.StandardInput.Close();
            if (!process.WaitForExit(2000))
                Stop(process);
            process.Dispose();
        }
    }

    private static Process Start(string role, string medium, string faults)
    {
        // This program again, also where a test runs it inside of its own.
        string itself = typeof(NicPair).Assembly.Location;
        bool isItself = Path.GetFileName(Environment.ProcessPath) == Path.GetFileNameWithoutExtension(itself);
        string program = isItself ? Environment.ProcessPath! : Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        string[] start = isItself ? [] : ["exec", itself];
        return Process.Start(new ProcessStartInfo(program, [.. start, NicPeerProgram.Argument, role, medium, faults])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
    }

    private static void Write(Process process, string line)
    {
        process.StandardInput.WriteLine(line);
        process.StandardInput.Flush();
    }

    private static string Read(Process process) => process.StandardOutput.ReadLine()
        ?? throw new CannotMeasureException("A process of a pair of NICs has ended.");

    private static void Stop(Process process)
    {
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
    }
}
