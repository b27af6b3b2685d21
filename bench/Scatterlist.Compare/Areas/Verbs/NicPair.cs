using System.Diagnostics;
using System.Globalization;
using System.Runtime;
using Scatterlist.Compare.Harness;

namespace Scatterlist.Compare.Areas.Verbs;

/// <summary>This process and a second one, each with a soft NIC and on a processor of its own, connected.</summary>
internal sealed class NicPair : IDisposable
{
    private readonly Process _process;
    private readonly NicSide _side;
    private long _compiledThere;

    private NicPair(Process process, NicSide side) => (_process, _side) = (process, side);

    /// <summary>Starts the second process and connects.</summary>
    /// <param name="sameHost">Whether the two may use shared memory; otherwise it is UDP.</param>
    /// <param name="faults">What happens to packets, as <c>loss=1</c>; null: nothing.</param>
    public static NicPair Start(bool sameHost, string? faults = null)
    {
        // This program again, also where a test runs it inside of its own.
        string itself = typeof(NicPair).Assembly.Location;
        bool isItself = Path.GetFileName(Environment.ProcessPath) == Path.GetFileNameWithoutExtension(itself);
        string program = isItself ? Environment.ProcessPath! : Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        string[] first = isItself ? [] : ["exec", itself];
        Process process = Process.Start(new ProcessStartInfo(
            program, [.. first, NicPeerProgram.Argument, "1", sameHost ? "same-host" : "udp", faults ?? ""])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        NicSide? side = null;
        try
        {
            using ProcessorPin? pin = ProcessorPin.Hold(0);
            side = new NicSide(sameHost, faults);
            process.StandardInput.WriteLine(side.Address);
            process.StandardInput.Flush();
            side.Connect(Read(process));
            return new NicPair(process, side);
        }
        catch
        {
            side?.Dispose();
            Stop(process);
            throw;
        }
    }

    /// <summary>See <see cref="Comparison.CompiledMethods"/>; of both processes, as of the last turn.</summary>
    public long CompiledMethods => JitInfo.GetCompiledMethodCount() + _compiledThere;

    /// <summary>A turn.</summary>
    /// <returns>Seconds.</returns>
    public double Run(NicWork work, int count, int size)
    {
        using ProcessorPin? pin = ProcessorPin.Hold(0);
        _process.StandardInput.WriteLine($"{work} {count} {size}");
        _process.StandardInput.Flush();
        _compiledThere = long.Parse(Read(_process), CultureInfo.InvariantCulture);
        long start = Stopwatch.GetTimestamp();
        switch (work)
        {
            case NicWork.BounceWrites: _side.BounceWrites(count, isFirst: true); break;
            case NicWork.BounceSends: _side.BounceSends(count, size, isFirst: true); break;
            case NicWork.StreamWrites: _side.StreamWrites(count, size); break;
            case NicWork.StreamSends: _side.StreamSends(count, size); break;
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        if (work == NicWork.StreamWrites)
            _side.SendWord();
        return seconds;
    }

    public void Dispose()
    {
        _side.Dispose();
        _process.StandardInput.Close();
        if (!_process.WaitForExit(2000))
            Stop(_process);
        _process.Dispose();
    }

    private static string Read(Process process) => process.StandardOutput.ReadLine()
        ?? throw new CannotMeasureException("The second process of a pair of NICs has ended.");

    private static void Stop(Process process)
    {
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
    }
}
