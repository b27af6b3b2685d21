using Scatterlist.Compare.Areas;
using Scatterlist.Compare.Harness;
using Scatterlist.Compare.Report;

namespace Scatterlist.Compare;

/// <summary>The program behind its command line: measures areas and reports their rows.</summary>
internal static class CompareProgram
{
    public const int AllMet = 0;
    public const int BarMissed = 1;
    public const int BadUsage = 2;
    public const int CannotMeasure = 3;

    /// <summary>Runs the program.</summary>
    /// <param name="arguments">See <see cref="CompareOptions.Usage"/>.</param>
    /// <param name="output">Gets the table or the JSON.</param>
    /// <param name="progress">Gets everything else.</param>
    /// <returns>The exit code.</returns>
    public static int Run(IReadOnlyList<string> arguments, TextWriter output, TextWriter progress)
    {
        try
        {
            CompareOptions options = CompareOptions.Parse(arguments);
            if (options.IsHelp)
            {
                output.WriteLine(CompareOptions.Usage);
                return AllMet;
            }

            List<Row> rows = [];
            foreach (string area in options.Areas)
                rows.AddRange(Measure(area, options, progress));
            if (options.IsJson)
                JsonReport.Write(output, rows);
            else
                TableReport.Write(output, rows);

            // A quick run's turns are too short for its times to be judged.
            IEnumerable<Row> judged = options.Pace.IsQuick
                ? rows.Where(row => row.Unit == Unit.BytesPerOperation)
                : rows;
            return judged.All(row => row.IsMet) ? AllMet : BarMissed;
        }
        catch (UsageException e)
        {
            progress.WriteLine(e.Message);
            progress.WriteLine(CompareOptions.Usage);
            return BadUsage;
        }
        catch (CannotMeasureException e)
        {
            progress.WriteLine();
            progress.WriteLine(e.Message);
            return CannotMeasure;
        }
    }

    private static List<Row> Measure(string name, CompareOptions options, TextWriter progress)
    {
        using Area area = AreaCatalog.All[name](options.Pace);
        var runner = new InterleavedRunner(options.Pace, progress);
        List<Row> rows = [];
        var allocations = new AllocationTally(name);
        foreach (Comparison comparison in area.Comparisons.Where(comparison => options.Wants(comparison.Name)))
        {
            if (comparison.Missing is { } missing)
            {
                progress.WriteLine($"{comparison.Name} ... skipped: {missing}");
                comparison.Dispose();
                continue;
            }

            using (comparison)
            using (comparison.IsOneThread ? ProcessorPin.Hold(options.Processor) : null)
            {
                Measurement measurement = runner.Run(comparison);
                rows.Add(measurement.Row);
                if (measurement.IsDataPath)
                    allocations.Add(comparison.Name, measurement.AllocatedBytesPerOperation);
            }
        }

        if (options.Wants(allocations.RowName))
        {
            foreach (DataPath path in area.DataPaths)
                allocations.Add(path.Name, path.MeasureAllocation());
            if (!allocations.IsEmpty)
                rows.Add(allocations.ToRow(progress));
        }

        return rows;
    }
}
