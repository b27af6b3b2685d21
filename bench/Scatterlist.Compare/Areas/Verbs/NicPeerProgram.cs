using System.Globalization;
using System.Runtime;
using Scatterlist.Compare.Harness;

namespace Scatterlist.Compare.Areas.Verbs;

/// <summary>The second process of a pair, which this program is when its first argument says so.</summary>
internal static class NicPeerProgram
{
    public const string Argument = "--nic-peer";

    /// <summary>Serves until its input ends.</summary>
    /// <param name="arguments"><c>--nic-peer PROCESSOR same-host|udp FAULTS</c>.</param>
    /// <param name="input">The other end's address, then a line a turn: the work, a count and a size.</param>
    /// <param name="output">This end's address, then a line when a turn may begin: how many methods were compiled.</param>
    public static int Run(string[] arguments, TextReader input, TextWriter output)
    {
        // Threads that are made from here on, the NIC's own too, stay on the same processor.
        using ProcessorPin? pin = ProcessorPin.Hold(int.Parse(arguments[1], CultureInfo.InvariantCulture));
        using var side = new NicSide(arguments[2] == "same-host", arguments[3].Length == 0 ? null : arguments[3]);
        output.WriteLine(side.Address);
        output.Flush();
        side.Connect(input.ReadLine() ?? throw new InvalidOperationException("There is no other end."));
        while (input.ReadLine() is { } line)
        {
            string[] parts = line.Split(' ');
            int count = int.Parse(parts[1], CultureInfo.InvariantCulture);
            int size = int.Parse(parts[2], CultureInfo.InvariantCulture);
            output.WriteLine(JitInfo.GetCompiledMethodCount());
            output.Flush();
            switch (Enum.Parse<NicWork>(parts[0]))
            {
                case NicWork.BounceWrites: side.BounceWrites(count, isFirst: false); break;
                case NicWork.BounceSends: side.BounceSends(count, size, isFirst: false); break;
                case NicWork.StreamWrites: side.DriveUntilWord(); break;
                case NicWork.StreamSends: side.TakeSends(count); break;
            }
        }

        return 0;
    }
}
