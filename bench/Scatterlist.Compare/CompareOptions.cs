using System.Globalization;
using Scatterlist.Compare.Areas;
using Scatterlist.Compare.Harness;

namespace Scatterlist.Compare;

/// <summary>What the command line asks for.</summary>
internal sealed record CompareOptions
{
    public const string Usage = """
        usage: Scatterlist.Compare AREA... [--json] [--rounds N] [--only NAME]... [--cpu N] [--quick]

          AREA         hostfd, vrtd, verbs, opae; in the guest of tests/guest also vfio and rxe
          --json       a JSON array on standard output instead of a table
          --rounds N   rounds of every comparison, at least 9
          --only NAME  only the rows whose name contains NAME; may be given again for more
          --cpu N      keep the measuring thread on one processor, where the work is on one thread
          --quick      a few short rounds: shows that everything starts; of the bars only allocation counts

        Exit code: 0 when every bar is met, 1 when one is missed, 2 for usage, 3 when something needed is missing.
        """;

    public required IReadOnlyList<string> Areas { get; init; }

    public bool IsJson { get; init; }

    public bool IsHelp { get; init; }

    public required Pace Pace { get; init; }

    public int? Processor { get; init; }

    public IReadOnlyList<string> Only { get; init; } = [];

    /// <exception cref="UsageException">The arguments make no sense; the message says which.</exception>
    public static CompareOptions Parse(IReadOnlyList<string> arguments)
    {
        List<string> areas = [], only = [];
        bool json = false, quick = false, help = false;
        int? rounds = null, processor = null;
        for (int i = 0; i < arguments.Count; i++)
        {
            switch (arguments[i])
            {
                case "--json": json = true; break;
                case "--quick": quick = true; break;
                case "--help" or "-h": help = true; break;
                case "--rounds": rounds = Number(arguments, ref i, least: 1); break;
                case "--cpu": processor = Number(arguments, ref i, least: 0); break;
                case "--only": only.Add(Value(arguments, ref i)); break;
                case var name when AreaCatalog.All.ContainsKey(name): areas.Add(name); break;
                case var other: throw new UsageException($"Neither an area nor an option: {other}");
            }
        }

        if (areas.Count == 0 && !help)
            throw new UsageException("Name an area.");
        if (rounds < Pace.FewestRounds && !quick)
            throw new UsageException($"A median of fewer than {Pace.FewestRounds} rounds says nothing: --rounds {rounds}");
        if (processor >= Environment.ProcessorCount)
            throw new UsageException($"There is no processor {processor}: the last is {Environment.ProcessorCount - 1}.");
        Pace pace = quick ? Pace.Quick : Pace.Full;
        return new CompareOptions
        {
            Areas = areas,
            IsJson = json,
            IsHelp = help,
            Pace = pace with { Rounds = rounds ?? pace.Rounds },
            Processor = processor,
            Only = only,
        };
    }

    /// <summary>Whether a row of this name is asked for.</summary>
    public bool Wants(string name) =>
        Only.Count == 0 || Only.Any(part => name.Contains(part, StringComparison.OrdinalIgnoreCase));

    private static string Value(IReadOnlyList<string> arguments, ref int index) => ++index < arguments.Count
        ? arguments[index]
        : throw new UsageException($"{arguments[index - 1]} needs a value.");

    private static int Number(IReadOnlyList<string> arguments, ref int index, int least)
    {
        string option = arguments[index], text = Value(arguments, ref index);
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least
            ? number
            : throw new UsageException($"{option} needs a number of at least {least}, not {text}.");
    }
}
