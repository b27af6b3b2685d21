using System.Collections.Concurrent;
using System.CommandLine;
using System.Runtime.ExceptionServices;
using System.Text.Json.Nodes;
using Scatterlist.Tool.Report;
using Scatterlist.Vrtd;
using Spectre.Console;

namespace Scatterlist.Tool.Commands.Vrtd;

/// <summary>
/// <c>sgl vrtd validate</c>: writes a pattern to memory of each region, reads it back, compares, and measures. Only
/// memory that the daemon gives us is touched, so the work of others is safe.
/// </summary>
internal static class ValidateCommand
{
    internal static Command Create()
    {
        var size = new Option<string>("--size")
        {
            Description = "Bytes to test in each region, at most 512M.",
            HelpName = "SIZE",
            DefaultValueFactory = _ => "16M",
        };
        var jobs = new Option<int>("--jobs", "-j")
        {
            Description = "Regions tested at a time, 1 to 16.",
            HelpName = "N",
            DefaultValueFactory = _ => Math.Min(Environment.ProcessorCount, 16),
        };
        var command = new Command(
            "validate", "Test the memory of a card and measure it, without touching what others use.")
        {
            DeviceSelection.Option, size, jobs, CommonOptions.Socket,
        };
        command.SetRunner((parsed, terminal, stop) =>
        {
            ulong bytes = CommonOptions.InRange(
                CommonOptions.ParseSize(parsed.GetValue(size), "--size")!.Value, 4096ul, 512ul << 20, "--size");
            int parallel = CommonOptions.InRange(parsed.GetValue(jobs), 1, 16, "--jobs");
            using Session session = Session.Connect(parsed.GetValue(CommonOptions.Socket)!);
            bool differs = false, isTested = true;
            var documents = new JsonArray();
            foreach (Device device in
                DeviceSelection.Select(session, parsed.GetValue(DeviceSelection.Option), stop))
            {
                IReadOnlyList<RegionResult> results = Test(device, bytes, parallel, terminal, stop);
                differs |= results.Any(result => result.Outcome == RegionOutcome.Different);
                isTested &= results.Any(result => result.Outcome != RegionOutcome.Skipped);
                if (terminal.IsJson)
                    documents.Add((JsonNode)ToJson(device, results));
                else
                    Print(device, results, terminal);
            }

            if (terminal.IsJson)
                Terminal.WriteJson(documents);
            if (differs)
                return ExitCodes.Different;
            if (isTested)
                return ExitCodes.Success;
            terminal.Complain("nothing could be tested, for the reasons given");
            return ExitCodes.Failed;
        });
        return command;
    }

    private static List<RegionResult> Test(
        Device device, ulong bytes, int jobs, Terminal terminal, CancellationToken stop)
    {
        var held = new ConcurrentBag<DeviceBuffer>();
        try
        {
            return Test(device, RegionTest.AllOf(device, bytes, held), bytes, jobs, terminal, stop);
        }
        catch (AggregateException failures)
        {
            // One cause, such as a lost connection, ends the test of many regions: it is told once, as it was thrown.
            stop.ThrowIfCancellationRequested();
            ExceptionDispatchInfo.Throw(failures.InnerExceptions[0]);
            throw;
        }
        finally
        {
            foreach (DeviceBuffer buffer in held)
                buffer.Dispose();
        }
    }

    private static List<RegionResult> Test(
        Device device, RegionTest[] tests, ulong bytes, int jobs, Terminal terminal, CancellationToken stop) =>
        ByteProgress.Run(terminal, $"validating {device.Bdf}", bytes * (ulong)tests.Length, progress =>
        {
            var results = new RegionResult[tests.Length];
            ulong done = 0;
            var gate = new Lock();
            Parallel.For(
                0, tests.Length, new ParallelOptions { MaxDegreeOfParallelism = jobs, CancellationToken = stop },
                index =>
                {
                    results[index] = tests[index].Run(stop);
                    lock (gate)
                        progress.Report(done += bytes);
                });
            return results.ToList();
        });

    private static void Print(Device device, IReadOnlyList<RegionResult> results, Terminal terminal)
    {
        terminal.Out.MarkupLine($"[bold]Board {Markup.Escape(device.Bdf)}[/]");
        foreach (RegionResult result in results.Where(result => result.Outcome != RegionOutcome.Sound))
            terminal.Out.MarkupLine($"  {Markup.Escape(result.Name)}: {Colour(result)}");
        foreach (IGrouping<string, RegionResult> memory in results.GroupBy(result => result.Memory))
        {
            RegionResult[] sound = [.. memory.Where(result => result.Outcome == RegionOutcome.Sound)];
            int different = memory.Count(result => result.Outcome == RegionOutcome.Different);
            string verdict = different > 0 ? "[red]FAILED[/]"
                : sound.Length > 0 ? "[green]PASSED[/]"
                : "[yellow]SKIPPED[/]";
            int tested = sound.Length + different;
            terminal.Out.MarkupLine(
                $"  {memory.Key,-4} integrity: {verdict} ({tested} of {memory.Count()} regions tested)");
            if (sound.Length == 0)
                continue;
            string write = Units.Speed(sound.MedianOf(result => result.WriteSpeed));
            string read = Units.Speed(sound.MedianOf(result => result.ReadSpeed));
            terminal.Out.MarkupLine($"  {memory.Key,-4} Write: {write}");
            terminal.Out.MarkupLine($"  {memory.Key,-4} Read:  {read}");
        }
    }

    private static string Colour(RegionResult result) => result.Outcome == RegionOutcome.Different
        ? $"[red]different[/], {Markup.Escape(result.Detail)}"
        : $"[yellow]skipped[/], {Markup.Escape(result.Detail)}";

    private static JsonObject ToJson(Device device, IReadOnlyList<RegionResult> results) => new()
    {
        ["bdf"] = device.Bdf,
        ["regions"] = new JsonArray([.. results.Select(result => (JsonNode)new JsonObject
        {
            ["name"] = result.Name,
            ["outcome"] = result.Outcome.ToString(),
            ["detail"] = result.Detail,
            ["writeBytesPerSecond"] = result.WriteSpeed,
            ["readBytesPerSecond"] = result.ReadSpeed,
        })]),
    };
}
