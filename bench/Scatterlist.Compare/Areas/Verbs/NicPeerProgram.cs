using System.Diagnostics;
using System.Globalization;
using System.Runtime;
using Scatterlist.Compare.Harness;

namespace Scatterlist.Compare.Areas.Verbs;

/// <summary>A process of a pair, which this program is when its first argument says so.</summary>
internal static class NicPeerProgram
{
    public const string Argument = "--nic-peer";

    /// <summary>The role of the process that begins each turn and takes its time, on processor 0.</summary>
    public const string First = "first";

    /// <summary>The role of the other one, on processor 1.</summary>
    public const string Second = "second";

    /// <summary>Serves until its input ends.</summary>
    /// <param name="arguments"><c>--nic-peer first|second same-host|udp FAULTS</c>.</param>
    /// <param name="input">The other end's address, then a line a turn: the work, a count and a size.</param>
    /// <param name="output">This end's address, then a line a turn. The second process says how many methods were compiled,
    /// when the turn may begin; the first how many seconds it took, and its methods, when it is over.</param>
    public static int Run(string[] arguments, TextReader input, TextWriter output)
    {
        bool isFirst = arguments[1] == First;

        // Threads that are made from here on, the NIC's own too, stay on the same processor.
        using ProcessorPin? pin = ProcessorPin.Hold(isFirst ? 0 : 1);
        using var side = new NicSide(arguments[2] == "same-host", arguments[3].Length == 0 ? null : arguments[3]);
        Tell(output, side.Address);
        side.Connect(input.ReadLine() ?? throw new InvalidOperationException("There is no other end."));
        while (input.ReadLine() is { } line)
        {
            string[] parts = line.Split(' ');
            NicWork work = Enum.Parse<NicWork>(parts[0]);
            int count = int.Parse(parts[1], CultureInfo.InvariantCulture);
            int size = int.Parse(parts[2], CultureInfo.InvariantCulture);
            if (isFirst)
            {
                double seconds = Begin(side, work, count, size);
                Tell(output, string.Create(CultureInfo.InvariantCulture, $"{seconds:R} {JitInfo.GetCompiledMethodCount()}"));
            }
            else
            {
                Tell(output, JitInfo.GetCompiledMethodCount().ToString(CultureInfo.InvariantCulture));
                Follow(side, work, count, size);
            }
        }

        return 0;
    }

    private static double Begin(NicSide side, NicWork work, int count, int size)
    {
        long start = Stopwatch.GetTimestamp();
        switch (work)
        {
            case NicWork.BounceWrites: side.BounceWrites(count, isFirst: true); break;
            case NicWork.BounceSends: side.BounceSends(count, size, isFirst: true); break;
            case NicWork.StreamWrites: side.StreamWrites(count, size); break;
            case NicWork.StreamSends: side.StreamSends(count, size); break;
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        if (work == NicWork.StreamWrites)
            side.SendWord();
        return seconds;
    }

    private static void Follow(NicSide side, NicWork work, int count, int size)
    {
        switch (work)
        {
            case NicWork.BounceWrites: side.BounceWrites(count, isFirst: false); break;
            case NicWork.BounceSends: side.BounceSends(count, size, isFirst: false); break;
            case NicWork.StreamWrites: side.DriveUntilWord(); break;
            case NicWork.StreamSends: side.TakeSends(count); break;
        }
    }

    private static void Tell(TextWriter output, string line)
    {
        output.WriteLine(line);
        output.Flush();
    }
}
