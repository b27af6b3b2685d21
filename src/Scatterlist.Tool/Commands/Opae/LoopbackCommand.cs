using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Scatterlist.Opae;
using Scatterlist.Tool.Report;
using Spectre.Console;

namespace Scatterlist.Tool.Commands.Opae;

/// <summary><c>sgl opae lpbk</c>: what <c>host_exerciser lpbk</c> does, in its words.</summary>
internal static class LoopbackCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    internal static Command Create()
    {
        var mode = new Option<string>("--mode", "-m")
        {
            Description = "lpbk copies and compares; read, write and trput measure.",
            DefaultValueFactory = _ => "lpbk",
        };
        mode.AcceptOnlyFromAmong("lpbk", "read", "write", "trput");
        var size = new Option<string>("--size")
        {
            Description = "Bytes of each buffer, rounded up to 64.",
            HelpName = "SIZE",
            DefaultValueFactory = _ => "64K",
        };
        var count = new Option<int>("--count")
        {
            Description = "How many runs.",
            HelpName = "N",
            DefaultValueFactory = _ => 1,
        };
        var interrupt = new Option<int?>("--interrupt")
        {
            Description = "Wait for this interrupt vector, not for the status line.",
            HelpName = "VECTOR",
        };
        var command = new Command(
            "lpbk", "Have an accelerator copy one shared buffer to another, and compare; host_exerciser's lpbk.")
        {
            mode, size, count, interrupt,
            AcceleratorSelection.Socket, AcceleratorSelection.Address, AcceleratorSelection.Kind,
            AcceleratorSelection.Library,
        };
        command.SetRunner((parsed, terminal, stop) =>
        {
            ulong bytes = CommonOptions.ParseSize(parsed.GetValue(size), "--size") ?? 0;
            bytes = CommonOptions.InRange(bytes, 1ul, (ulong)int.MaxValue - 63, "--size");
            bytes = (bytes + 63) / 64 * 64;
            int runs = CommonOptions.InRange(parsed.GetValue(count), 1, int.MaxValue, "--count");
            using var selection = AcceleratorSelection.CreateOrEmbed(parsed);
            using Accelerator accelerator = selection.FindOne().Open();
            int vector = parsed.GetValue(interrupt) is { } named
                ? CommonOptions.InRange(named, 0, (int)accelerator.InterruptCount - 1, "--interrupt")
                : -1;
            var plan = new Plan(ParseMode(parsed.GetValue(mode)!), bytes, runs, vector);
            return Run(accelerator, plan, selection.IsEmbedded, terminal, stop);
        });
        return command;
    }

    private static int Run(
        Accelerator accelerator, Plan plan, bool isEmbedded, Terminal terminal, CancellationToken stop)
    {
        using var exerciser = LoopbackExerciser.Create(accelerator);
        using SharedBuffer source = Prepare(accelerator, plan.Bytes, BufferFlags.ReadOnly);
        using SharedBuffer destination = Prepare(accelerator, plan.Bytes, BufferFlags.None);
        using AcceleratorEvent? ended = plan.Vector < 0
            ? null
            : accelerator.RegisterEvent(FpgaEventType.Interrupt, (uint)plan.Vector);
        int clock = exerciser.ClockMegahertz;
        var results = new JsonArray();
        bool passes = true;
        for (int run = 0; run < plan.Runs && passes; run++)
        {
            stop.ThrowIfCancellationRequested();
            Random.Shared.NextBytes(source.AsSpan());
            destination.AsSpan().Clear();
            long start = Stopwatch.GetTimestamp();
            LoopbackResult result = RunOnce(exerciser, source, destination, ended, plan, stop);
            TimeSpan elapsed = clock > 0
                ? TimeSpan.FromMicroseconds((double)result.Ticks / clock)
                : Stopwatch.GetElapsedTime(start);
            bool isEqual = plan.Mode != LoopbackMode.Loopback || source.AsSpan().SequenceEqual(destination.AsSpan());
            passes = result.IsSuccess && isEqual;
            results.Add((JsonNode)ToJson(result, elapsed, isEqual));
            if (!terminal.IsJson)
                Print(result, elapsed, isEqual, terminal);
        }

        return Conclude(accelerator, plan, results, passes, isEmbedded, terminal);
    }

    private static LoopbackResult RunOnce(
        LoopbackExerciser exerciser, SharedBuffer source, SharedBuffer destination, AcceleratorEvent? ended, Plan plan,
        CancellationToken stop)
    {
        exerciser.Start(plan.Mode, source.IoAddress, destination.IoAddress, plan.Bytes, plan.Vector);
        if (ended is not null && ended.Wait(Patience, stop) == 0)
        {
            throw new FpgaException($"waiting for vector {plan.Vector}", FpgaResult.Exception,
                detail: "the interrupt did not come");
        }

        return exerciser.Wait(Patience, stop);
    }

    private static int Conclude(
        Accelerator accelerator, Plan plan, JsonArray results, bool passes, bool isEmbedded, Terminal terminal)
    {
        if (terminal.IsJson)
        {
            Terminal.WriteJson(new JsonObject
            {
                ["accelerator"] = AcceleratorText.ToJson(accelerator.Token),
                ["embedded"] = isEmbedded,
                ["mode"] = plan.Mode.ToString(),
                ["bytes"] = plan.Bytes,
                ["runs"] = results,
                ["passed"] = passes,
            });
        }
        else
        {
            terminal.Out.MarkupLine(string.Create(CultureInfo.InvariantCulture,
                $"Test {plan.Name}({results.Count}): {(passes ? "[green]PASS[/]" : "[red]FAIL[/]")}"));
            if (isEmbedded)
                terminal.Note("That was the emulated accelerator within this process; the speed is this machine's memory's.");
        }

        return passes ? ExitCodes.Success : ExitCodes.Different;
    }

    private static SharedBuffer Prepare(Accelerator accelerator, ulong bytes, BufferFlags flags) =>
        accelerator.PrepareBuffer((nuint)bytes, flags, SharedBufferOptions.SmallerPages);

    private static void Print(LoopbackResult result, TimeSpan elapsed, bool isEqual, Terminal terminal)
    {
        IAnsiConsole output = terminal.Out;
        output.MarkupLine(Format($"Number of clocks: {result.Ticks}"));
        output.MarkupLine(Format($"Total number of Reads sent: {result.LinesRead}"));
        output.MarkupLine(Format($"Total number of Writes sent: {result.LinesWritten}"));
        output.MarkupLine($"Bandwidth: {Units.Speed(Bandwidth(result, elapsed))}");
        if (!result.IsSuccess)
            output.MarkupLine(Format($"[red]Errors: 0x{result.Errors:x}[/]"));
        if (!isEqual)
            output.MarkupLine("[red]Buffers mismatch[/]");
    }

    private static JsonObject ToJson(LoopbackResult result, TimeSpan elapsed, bool isEqual) => new()
    {
        ["clocks"] = result.Ticks,
        ["reads"] = result.LinesRead,
        ["writes"] = result.LinesWritten,
        ["errors"] = result.Errors,
        ["equal"] = isEqual,
        ["bytesPerSecond"] = Bandwidth(result, elapsed),
    };

    // As host_exerciser counts: reads and writes together.
    private static double Bandwidth(LoopbackResult result, TimeSpan elapsed) =>
        ((double)result.LinesRead + result.LinesWritten) * LoopbackExerciser.LineSize
        / Math.Max(elapsed.TotalSeconds, 1e-9);

    private static string Format(FormattableString text) => FormattableString.Invariant(text);

    private static LoopbackMode ParseMode(string text) => text switch
    {
        "read" => LoopbackMode.Read,
        "write" => LoopbackMode.Write,
        "trput" => LoopbackMode.Throughput,
        _ => LoopbackMode.Loopback,
    };

    /// <summary>What was asked for.</summary>
    private sealed record Plan(LoopbackMode Mode, ulong Bytes, int Runs, int Vector)
    {
        internal string Name => Mode switch
        {
            LoopbackMode.Read => "read",
            LoopbackMode.Write => "write",
            LoopbackMode.Throughput => "trput",
            _ => "lpbk",
        };
    }
}
