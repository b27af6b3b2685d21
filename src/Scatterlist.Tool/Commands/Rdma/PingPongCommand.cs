using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Scatterlist.Tool.Rdma;
using Scatterlist.Tool.Rdma.Exchange;
using Scatterlist.Tool.Rdma.PingPong;
using Scatterlist.Tool.Report;
using Scatterlist.Verbs;

namespace Scatterlist.Tool.Commands.Rdma;

/// <summary>
/// <c>sgl pingpong</c>: the game of ibv_rc_pingpong, ibv_uc_pingpong and ibv_ud_pingpong, with their exchange, options and
/// output, so that either end may be one of them.
/// </summary>
internal static class PingPongCommand
{
    private const int DefaultSize = 4096;
    private const int DefaultDatagramSize = 2048;
    private const int MostBytes = 1 << 30;
    private const int MostIterations = 1_000_000_000;
    private const int MostReceives = 16_384;

    private static readonly Option<string> Verb = RdmaOptions.Choice(
        ["--verb"], "VERB", "How: send, write or read.", "send", "write", "read");

    private static readonly Option<string> Type = RdmaOptions.Choice(
        ["--type"], "TYPE", "The transport: rc, uc or ud.", "rc", "uc", "ud");

    private static readonly Option<string?> Size = new("--size", "-s")
    {
        Description = "Bytes of a message; default: 4096, or 2048 with --type ud.",
        HelpName = "SIZE",
    };

    private static readonly Option<int?> MtuOption = RdmaOptions.Number(
        "--mtu", "-m", "The path MTU, 256 to 4096; default: 1024.", "BYTES");

    private static readonly Option<int> RxDepth = RdmaOptions.Number(
        "--rx-depth", "-r", "Receives to post at a time.", usual: 500);

    private static readonly Option<int> Iterations = RdmaOptions.Number("--iters", "-n", "Exchanges.", usual: 1000);

    private static readonly Option<int> ServiceLevel = RdmaOptions.ServiceLevel("--sl", "-l");
    private static readonly Option<int?> GidIndex = RdmaOptions.GidIndex("--gid-idx", "-g");
    private static readonly Option<bool> Events = new("--events", "-e") { Description = "Sleep until events; default: poll." };

    private static readonly Option<bool> Check = new("--chk", "-c")
    {
        Description = "Look at every byte of every message.",
    };

    internal static Command Create()
    {
        var command = new Command(
            "pingpong", "Exchange messages with another sgl, or with ibv_rc_pingpong, ibv_uc_pingpong or ibv_ud_pingpong.")
        {
            RdmaOptions.Host, RdmaOptions.TcpPort, RdmaOptions.Device, RdmaOptions.Port, Size, MtuOption, RxDepth,
            Iterations, ServiceLevel, Events, GidIndex, Check, Verb, Type, RdmaOptions.Provider,
        };
        command.SetRunner((parsed, terminal, stop) =>
        {
            PingPongSettings settings = Read(parsed);
            return Run(settings, RdmaOptions.ReadChoice(parsed, GidIndex), terminal, stop);
        });
        return command;
    }

    private static PingPongSettings Read(ParseResult parsed)
    {
        QueuePairType type = VerbsNames.ParseType(parsed.GetRequiredValue(Type));
        PingPongVerb verb = Enum.Parse<PingPongVerb>(parsed.GetRequiredValue(Verb), ignoreCase: true);
        if (verb == PingPongVerb.Read && type != QueuePairType.ReliableConnected)
            throw new UsageException("--verb read: only --type rc has reads");
        if (verb == PingPongVerb.Write && type == QueuePairType.UnreliableDatagram)
            throw new UsageException("--verb write: --type ud has messages only");
        bool events = parsed.GetValue(Events);
        if (events && verb == PingPongVerb.Write)
            throw new UsageException("-e: a write makes no event at the other end; --verb send does");
        bool datagram = type == QueuePairType.UnreliableDatagram;
        Mtu mtu = RdmaOptions.ReadMtu(parsed, MtuOption) ?? (datagram ? Mtu.Bytes4096 : Mtu.Bytes1024);
        return new PingPongSettings
        {
            Type = type,
            Verb = verb,
            Size = RdmaOptions.ReadSize(parsed, Size, 1, MostBytes) ?? (datagram ? DefaultDatagramSize : DefaultSize),
            Mtu = mtu,
            RxDepth = CommonOptions.InRange(parsed.GetValue(RxDepth), 2, MostReceives, "-r"),
            Iterations = CommonOptions.InRange(parsed.GetValue(Iterations), 1, MostIterations, "-n"),
            ServiceLevel = (byte)CommonOptions.InRange(parsed.GetValue(ServiceLevel), 0, 15, "-l"),
            UseEvents = events,
            Checks = parsed.GetValue(Check),
            Host = RdmaOptions.ReadHost(parsed),
            Port = RdmaOptions.ReadTcpPort(parsed),
        };
    }

    private static int Run(PingPongSettings settings, RdmaChoice choice, Terminal terminal, CancellationToken stop)
    {
        using RdmaPort port = RdmaPort.Open(choice);
        int largest = Math.Min((int)settings.Mtu, (int)port.Attributes.ActiveMtu);
        if (settings.Type == QueuePairType.UnreliableDatagram && settings.Size > ((Mtu)largest).ToBytes())
        {
            throw new UsageException(
                $"-s {settings.Size}: a datagram has at most {((Mtu)largest).ToBytes()} bytes, the MTU");
        }

        RdmaOptions.CheckSize(settings.Size, port);
        using var game = new PingPongGame(settings, port, stop);
        if (!terminal.IsJson)
            Console.Out.WriteLine($"  local address:  {game.Local}");
        using ControlChannel channel = settings.Host is { } host
            ? ControlChannel.Connect(host, settings.Port, stop)
            : ControlChannel.Accept(
                settings.Port, () => terminal.Note($"waiting for a client on TCP port {settings.Port}"), stop);
        PeerAddress remote = game.Meet(channel);
        if (!terminal.IsJson)
            Console.Out.WriteLine($"  remote address: {remote}");
        TimeSpan elapsed = game.Play(channel);
        Report(settings, game, remote, elapsed, port.Context, terminal);
        if (game.Difference is not { } difference)
            return ExitCodes.Success;
        terminal.Complain($"invalid data: {difference} is not what was sent");
        return ExitCodes.Different;
    }

    private static void Report(
        PingPongSettings settings, PingPongGame game, PeerAddress remote, TimeSpan elapsed, Context context,
        Terminal terminal)
    {
        int ways = settings.Verb == PingPongVerb.Read ? 1 : 2;
        long bytes = (long)settings.Size * settings.Iterations * ways;
        double microseconds = Math.Max(elapsed.TotalMicroseconds, 1e-3);
        double megabits = bytes * 8 / microseconds, each = microseconds / settings.Iterations;
        if (!terminal.IsJson)
        {
            Console.Out.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{bytes} bytes in {elapsed.TotalSeconds:0.00} seconds = {megabits:0.00} Mbit/sec"));
            Console.Out.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{settings.Iterations} iters in {elapsed.TotalSeconds:0.00} seconds = {each:0.00} usec/iter"));
            if (settings.Checks && game.Difference is null)
                terminal.Note("every byte was as it was sent");
            return;
        }

        Terminal.WriteJson(new JsonObject
        {
            ["provider"] = context.ProviderName,
            ["device"] = context.DeviceName,
            ["role"] = settings.IsServer ? "server" : "client",
            ["type"] = settings.Type.ShortName(),
            ["verb"] = settings.Verb.ToString().ToLowerInvariant(),
            ["local"] = game.Local.ToString(),
            ["remote"] = remote.ToString(),
            ["size"] = settings.Size,
            ["iters"] = settings.Iterations,
            ["bytes"] = bytes,
            ["seconds"] = elapsed.TotalSeconds,
            ["mbit_per_sec"] = megabits,
            ["usec_per_iter"] = each,
            ["verified"] = settings.Checks ? game.Difference is null : null,
        });
    }
}
