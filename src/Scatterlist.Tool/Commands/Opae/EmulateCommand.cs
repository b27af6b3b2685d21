using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Scatterlist.Opae;
using Scatterlist.Opae.SoftAccelerator;
using Scatterlist.Tool.Report;
using Scatterlist.Vfio;
using Spectre.Console;

namespace Scatterlist.Tool.Commands.Opae;

/// <summary><c>sgl opae emulate</c>: an emulated accelerator for other processes and virtual machines, until Ctrl-C.</summary>
internal static class EmulateCommand
{
    internal static Command Create()
    {
        var socket = new Option<string>("--socket", "-s")
        {
            Description = "Where to listen.",
            HelpName = "PATH",
            Required = true,
        };
        var mode = new Option<string>("--mode")
        {
            Description = "The socket's permissions in octal; 0600 lets only you connect.",
            HelpName = "OCTAL",
            DefaultValueFactory = _ => "0600",
        };
        var kind = new Option<string>("--kind")
        {
            Description = "Which accelerator: he-lb, he-mem or nlb0.",
            DefaultValueFactory = _ => "he-lb",
        };
        kind.AcceptOnlyFromAmong("he-lb", "he-mem", "nlb0");
        var trace = new Option<bool>("--trace", "-v") { Description = "Print every DMA fault." };
        var command = new Command(
            "emulate", "Serve an emulated accelerator as a vfio-user device until Ctrl-C.")
        {
            socket, mode, kind, trace,
        };
        command.SetRunner((parsed, terminal, stop) =>
        {
            string path = Path.GetFullPath(parsed.GetRequiredValue(socket));
            UnixFileMode permissions = CommonOptions.ParseMode(parsed.GetRequiredValue(mode));
            var options = new EmulatedAcceleratorOptions
            {
                Kind = AcceleratorSelection.ParseKind(parsed.GetRequiredValue(kind)),
                OnFault = parsed.GetValue(trace) ? fault => Console.Error.WriteLine(fault.ToString()) : null,
            };
            return Run(path, permissions, options, terminal, stop);
        });
        return command;
    }

    private static int Run(
        string path, UnixFileMode mode, EmulatedAcceleratorOptions options, Terminal terminal, CancellationToken stop)
    {
        using var accelerator = new EmulatedAccelerator(options);
        using VfioUserServer server = accelerator.Serve(path, new VfioUserServerOptions { Mode = mode });
        string name = AcceleratorIds.NameOf(accelerator.Id)!;
        if (terminal.IsJson)
        {
            Terminal.WriteJson(new JsonObject
            {
                ["socket"] = path,
                ["pid"] = Environment.ProcessId,
                ["accelerator"] = name,
                ["guid"] = accelerator.Id.ToString(),
            });
        }
        else
        {
            terminal.Out.MarkupLine($"[green]listening[/] on {Markup.Escape(path)} ({name}, {accelerator.Id})");
            terminal.Note($"Try it with: sgl opae lpbk --socket {path}");
            terminal.Note("Ctrl-C ends it.");
        }

        stop.WaitHandle.WaitOne();
        EmulatedAcceleratorStatistics statistics = accelerator.GetStatistics();
        terminal.Note(string.Create(CultureInfo.InvariantCulture,
            $"ending: {statistics.Runs} runs, {statistics.LinesRead} lines read, {statistics.LinesWritten} written, "
            + $"{statistics.Faults} DMA faults"));
        return ExitCodes.Success;
    }
}
