using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Scatterlist.Tool.Report;
using Scatterlist.Vrtd.Emulator;
using Spectre.Console;

namespace Scatterlist.Tool.Commands.Vrtd;

/// <summary><c>sgl vrtd emulate</c>: an emulated daemon for clients in any language, until Ctrl-C.</summary>
internal static class EmulateCommand
{
    internal static Command Create()
    {
        var socket = new Option<string>("--socket", "-s")
        {
            Description =
                "Where to listen; by default $SCATTERLIST_VRTD_SOCKET, or vrtd.sock in the user's runtime folder.",
            HelpName = "PATH",
            DefaultValueFactory = _ => DefaultSocketPath(),
        };
        var mode = new Option<string>("--mode")
        {
            Description = "The socket's permissions in octal; 0600 lets only you connect.",
            HelpName = "OCTAL",
            DefaultValueFactory = _ => "0600",
        };
        var profile = new Option<string>("--profile")
        {
            Description = "Which daemon to pass for: v1, v2 or hardened.",
            DefaultValueFactory = _ => "v1",
        };
        profile.AcceptOnlyFromAmong("v1", "v2", "hardened");
        var devices = new Option<int>("--devices")
        {
            Description = $"Cards, 0 to {EmulatorOptions.MaxDevices}.",
            HelpName = "N",
            DefaultValueFactory = _ => 1,
        };
        var queues = new Option<int>("--queue-pairs")
        {
            Description = "Queue pairs of a card, 1 to 4096.",
            HelpName = "N",
            DefaultValueFactory = _ => new EmulatorOptions().QueuePairLimit,
        };
        var config = new Option<string?>("--config")
        {
            Description =
                "A vrtd.conf with roles and users; read again on SIGHUP. Without, who can connect may do all.",
            HelpName = "PATH",
        };
        var keep = new Option<bool>("--keep-memory")
        {
            Description = "Do not zero freed memory, as a real card does not.",
        };
        var isolate = new Option<bool>("--isolate")
        {
            Description = "Give each queue pair memory of its own, as the libslash mock does.",
        };
        var leak = new Option<bool>("--leak-raw-buffers")
        {
            Description = "Reproduce version 1's defect: raw buffers cannot be closed.",
        };
        var faults = new Option<string[]>("--fault")
        {
            Description = "Inject a fault: KIND[@REQUEST][,skip=N][,count=N|all][,delay=MS][,code=N]; may be repeated. "
                + "For example Busy@BUFFER_OPEN,count=3.",
            HelpName = "RULE",
        };
        var trace = new Option<bool>("--trace", "-v") { Description = "Print every request and its answer." };
        var command = new Command("emulate", "Run an emulated vrtd daemon with V80-shaped memory until Ctrl-C.")
        {
            socket, mode, profile, devices, queues, config, keep, isolate, leak, faults, trace,
        };
        command.SetRunner((parsed, terminal, stop) =>
        {
            string named = parsed.GetRequiredValue(socket);
            if (named.Length == 0)
                throw new UsageException("--socket: say where; there is no $XDG_RUNTIME_DIR and no home folder");
            string path = Path.GetFullPath(named);
            var options = new EmulatorOptions
            {
                SocketPath = path,
                SocketMode = CommonOptions.ParseMode(parsed.GetRequiredValue(mode)),
                Profile = parsed.GetValue(profile) switch
                {
                    "v2" => WireProfile.Version2,
                    "hardened" => WireProfile.Hardened,
                    _ => WireProfile.Version1,
                },
                DeviceCount = CommonOptions.InRange(
                    parsed.GetValue(devices), 0, EmulatorOptions.MaxDevices, "--devices"),
                QueuePairLimit = CommonOptions.InRange(parsed.GetValue(queues), 1, 4096, "--queue-pairs"),
                ConfigurationPath = parsed.GetValue(config),
                ZeroFreedMemory = !parsed.GetValue(keep),
                Isolation = parsed.GetValue(isolate) ? MemoryIsolation.PerQueuePair : MemoryIsolation.Shared,
                LeakRawBuffers = parsed.GetValue(leak),
                Faults = ParseFaults(parsed.GetValue(faults) ?? []),
                Trace = parsed.GetValue(trace) ? Print : null,
            };
            return Run(options, terminal, stop);
        });
        return command;
    }

    private static int Run(EmulatorOptions options, Terminal terminal, CancellationToken stop)
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start(options);
        using PosixSignalRegistration reload = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            Reload(daemon, terminal);
        });
        if (terminal.IsJson)
        {
            Terminal.WriteJson(new JsonObject
            {
                ["socket"] = options.SocketPath,
                ["pid"] = Environment.ProcessId,
                ["profile"] = options.Profile.ToString(),
                ["devices"] = options.DeviceCount,
            });
        }
        else
        {
            terminal.Out.MarkupLine(
                $"[green]listening[/] on {Markup.Escape(options.SocketPath!)} "
                + $"({options.Profile}, {options.DeviceCount} emulated V80, 32 GiB HBM and 32 GiB DDR each)");
            terminal.Note($"Clients find it with: export {CommonOptions.SocketVariable}={options.SocketPath}");
            terminal.Note("Ctrl-C ends it.");
        }

        stop.WaitHandle.WaitOne();
        EmulatorStatistics statistics = daemon.GetStatistics();
        terminal.Note(string.Create(
            CultureInfo.InvariantCulture,
            $"ending: {statistics.Requests} requests answered, {statistics.Connections} clients connected, "
            + $"{Units.Size(statistics.CommittedBytes)} of device memory in use"));
        if (daemon.UnexpectedError is { } defect)
        {
            terminal.Complain($"a connection ended by a defect of the emulator, please report it: {defect}");
            return ExitCodes.Failed;
        }

        return ExitCodes.Success;
    }

    private static void Reload(EmulatedDaemon daemon, Terminal terminal)
    {
        try
        {
            daemon.ReloadConfiguration();
            terminal.Note("configuration read again");
        }
        catch (Exception exception) when (exception is IOException or InvalidOperationException)
        {
            terminal.Complain($"the configuration in force stays: {exception.Message}");
        }
    }

    private static void Print(RequestTrace request) => Console.Error.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"client {request.Connection} (pid {request.ProcessId}) #{request.Sequence} {request.Opcode}: {request.Code}"));

    private static FaultInjection ParseFaults(string[] rules)
    {
        var faults = new FaultInjection();
        try
        {
            foreach (string rule in rules)
                faults.Add(FaultRule.Parse(rule));
        }
        catch (FormatException exception)
        {
            throw new UsageException(exception.Message);
        }

        return faults;
    }

    private static string DefaultSocketPath()
    {
        if (Environment.GetEnvironmentVariable(CommonOptions.SocketVariable) is { Length: > 0 } named)
            return named;
        // Never a guessable place in /tmp: whoever made it first would own the socket's directory.
        string? runtime = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        if (!string.IsNullOrEmpty(runtime))
            return Path.Combine(runtime, "vrtd.sock");
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return home.Length == 0 ? "" : Path.Combine(home, ".local/state/scatterlist", "vrtd.sock");
    }
}
