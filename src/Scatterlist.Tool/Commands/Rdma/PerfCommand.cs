using System.CommandLine;
using Scatterlist.Tool.Rdma;
using Scatterlist.Tool.Rdma.Perf;
using Scatterlist.Verbs;

namespace Scatterlist.Tool.Commands.Rdma;

/// <summary>
/// <c>sgl bw</c> and <c>sgl lat</c>: perftest's measurements with its options, columns and exchange, so that either end
/// may be one of its programs (<c>ib_write_bw</c> and so on).
/// </summary>
internal sealed class PerfCommand
{
    private const int LargestSize = 1 << PerfSettings.LargestPower;
    private const int DefaultBandwidthSize = 65_536;
    private const int DefaultLatencySize = 2;
    private const int FewestIterations = 5;
    private const int MostIterations = 100_000_000;
    private const int MostLatencies = 10_000_000;
    private const int MostQueuePairs = 1024;
    private const int MostOutstanding = 15_000;
    private const int MostOfList = 64;

    private readonly bool _isLatency;

    private readonly Option<string> _verb = RdmaOptions.Choice(
        ["--verb"], "VERB", "What to measure: write, read, send or atomic.", "write", "read", "send", "atomic");

    private readonly Option<string> _connection = RdmaOptions.Choice(
        ["--connection", "-c"], "TYPE", "RC, UC (send, write) or UD (send).", "RC", "UC", "UD");

    private readonly Option<bool> _all = new("--all", "-a") { Description = "All sizes from 2 to 2^23 bytes." };

    private readonly Option<string?> _size = new("--size", "-s")
    {
        Description = "Bytes of a message; default: 65536 for bw, 2 for lat, 8 for atomics.",
        HelpName = "SIZE",
    };

    private readonly Option<int?> _iterations = RdmaOptions.Number(
        "--iters", "-n", "Messages of a queue pair, at least 5; default: 1000, 5000 for the bw of writes.");

    private readonly Option<double?> _duration = new("--duration", "-D")
    {
        Description = "Seconds to run, in place of a number of messages.",
        HelpName = "SECONDS",
    };

    private readonly Option<int> _queuePairs = RdmaOptions.Number("--qp", "-q", "Queue pairs.", usual: 1);

    private readonly Option<bool> _both = new("--bidirectional", "-b") { Description = "Both ways at once." };

    private readonly Option<int?> _txDepth = RdmaOptions.Number(
        "--tx-depth", "-t", "Messages under way at most; default: 128.");

    private readonly Option<int?> _rxDepth = RdmaOptions.Number(
        "--rx-depth", "-r", "Receives that are posted; default: 512.");

    private readonly Option<int?> _moderation = RdmaOptions.Number(
        "--cq-mod", "-Q", "One of how many messages completes; default: 100, or 1 above 8192 bytes.");

    private readonly Option<int> _postList = RdmaOptions.Number(
        "--post_list", "-l", "Messages that are posted as one list, of which the device is told once; 1 to 64.",
        usual: 1);

    private readonly Option<int?> _inline = RdmaOptions.Number(
        "--inline_size", "-I", "Messages up to this size are sent inline.", "BYTES");

    private readonly Option<int?> _mtu = RdmaOptions.Number(
        "--mtu", "-m", "The MTU, 256 to 4096; default: the port's.", "BYTES");

    private readonly Option<int?> _gidIndex = RdmaOptions.GidIndex("--gid-index", "-x");
    private readonly Option<bool> _events = new("--events", "-e") { Description = "Sleep until events; default: poll." };

    private readonly Option<string> _atomic = RdmaOptions.Choice(
        ["--atomic_type", "-A"], "TYPE", "FETCH_AND_ADD or CMP_AND_SWAP, with --verb atomic.",
        "FETCH_AND_ADD", "CMP_AND_SWAP");

    private readonly Option<int?> _reads = RdmaOptions.Number(
        "--outs", "-o", "Reads or atomics under way at most; default: what the device can.");

    private readonly Option<int> _timeout = RdmaOptions.Number(
        "--qp-timeout", "-u", "The wait for an acknowledgement, as 4.096 us * 2^N.", usual: 14);

    private readonly Option<int> _serviceLevel = RdmaOptions.ServiceLevel("--sl", "-S");
    private readonly Option<bool> _noPeak = new("--noPeak", "-N") { Description = "Do not look for the peak." };

    private readonly Option<bool> _gigabits = new("--report_gbits")
    {
        Description = "Gbit/sec instead of MB/sec (of 2^20 bytes).",
    };

    private readonly Option<bool> _frequency = new("--CPU-freq", "-F")
    {
        Description = "Accepted as perftest has it; times here do not depend on the processor's frequency.",
    };

    private PerfCommand(bool isLatency) => _isLatency = isLatency;

    internal static Command CreateBandwidth() => new PerfCommand(isLatency: false).Create(
        "bw", "Measure bandwidth with another sgl, or with perftest's ib_write_bw, ib_read_bw, ib_send_bw, ib_atomic_bw.");

    internal static Command CreateLatency() => new PerfCommand(isLatency: true).Create(
        "lat", "Measure latency with another sgl, or with perftest's ib_write_lat, ib_read_lat, ib_send_lat, ib_atomic_lat.");

    private Command Create(string name, string description)
    {
        var command = new Command(name, description)
        {
            RdmaOptions.Host, _verb, _connection, _all, _size, _iterations, _duration, RdmaOptions.TcpPort,
            RdmaOptions.Device, RdmaOptions.Port, _gidIndex, _mtu, _rxDepth, _inline, _events, _atomic, _reads, _timeout,
            _serviceLevel, _frequency, RdmaOptions.Provider,
        };
        if (!_isLatency)
        {
            foreach (Option option in new Option[] { _queuePairs, _both, _txDepth, _moderation, _postList, _gigabits, _noPeak })
                command.Options.Add(option);
        }

        command.SetRunner((parsed, terminal, stop) => PerfSession.Run(
            Read(parsed), RdmaOptions.ReadChoice(parsed, _gidIndex), RdmaOptions.ReadMtu(parsed, _mtu), terminal, stop));
        return command;
    }

    private PerfSettings Read(ParseResult parsed)
    {
        PerfVerb verb = Enum.Parse<PerfVerb>(parsed.GetRequiredValue(_verb), ignoreCase: true);
        QueuePairType connection = VerbsNames.ParseType(parsed.GetRequiredValue(_connection));
        Check(parsed, verb, connection);
        bool isAtomic = verb == PerfVerb.Atomic;
        int? size = RdmaOptions.ReadSize(parsed, _size, isAtomic ? PerfSettings.AtomicSize : 1, isAtomic ? PerfSettings.AtomicSize : LargestSize);
        bool all = parsed.GetValue(_all) && !isAtomic;
        int most = _isLatency ? MostLatencies : MostIterations;
        int iterations = parsed.GetValue(_iterations) ?? (!_isLatency && verb == PerfVerb.Write ? 5000 : 1000);
        TimeSpan? duration = parsed.GetValue(_duration) is { } seconds
            ? TimeSpan.FromSeconds(CommonOptions.InRange(seconds, 0.1, 86_400, "-D"))
            : null;
        var asked = new PerfSettings
        {
            Verb = verb,
            IsLatency = _isLatency,
            Connection = connection,
            Size = all ? LargestSize : size ?? DefaultSize(verb),
            IsSizeAsked = size is not null,
            AllSizes = all,
            Iterations = CommonOptions.InRange(iterations, FewestIterations, most, "-n"),
            Duration = duration,
            QueuePairs = _isLatency ? 1 : CommonOptions.InRange(parsed.GetValue(_queuePairs), 1, MostQueuePairs, "-q"),
            IsBidirectional = !_isLatency && parsed.GetValue(_both),
            TxDepth = _isLatency ? 1 : InRange(parsed, _txDepth, 1, MostOutstanding, "-t") ?? 128,
            RxDepth = InRange(parsed, _rxDepth, 1, MostOutstanding, "-r") ?? (verb == PerfVerb.Send ? 512 : 1),
            CqModeration = _isLatency ? 1 : InRange(parsed, _moderation, 1, 1024, "-Q") ?? 100,
            PostList = _isLatency ? 1 : CommonOptions.InRange(parsed.GetValue(_postList), 1, MostOfList, "-l"),
            InlineSize = InRange(parsed, _inline, 0, 1024, "-I"),
            UseEvents = parsed.GetValue(_events),
            IsCompareAndSwap = parsed.GetValue(_atomic) == "CMP_AND_SWAP",
            OutstandingReads = InRange(parsed, _reads, 1, byte.MaxValue, "-o"),
            ServiceLevel = (byte)CommonOptions.InRange(parsed.GetValue(_serviceLevel), 0, 15, "-S"),
            AckTimeout = CommonOptions.InRange(parsed.GetValue(_timeout), 0, 31, "-u"),
            Gigabits = !_isLatency && parsed.GetValue(_gigabits),
            MeasuresPeak = !_isLatency && !parsed.GetValue(_noPeak),
            Host = RdmaOptions.ReadHost(parsed),
            Port = RdmaOptions.ReadTcpPort(parsed),
        };
        if (asked.Duration is null && asked.Iterations % asked.PostList != 0)
            throw new UsageException($"-n {asked.Iterations}: must be a multiple of -l {asked.PostList}");
        return PerfSettings.Settle(
            asked, !_isLatency && parsed.GetValue(_moderation) is not null, parsed.GetValue(_rxDepth) is not null);
    }

    private void Check(ParseResult parsed, PerfVerb verb, QueuePairType connection)
    {
        if (verb is PerfVerb.Read or PerfVerb.Atomic && connection != QueuePairType.ReliableConnected)
            throw new UsageException($"-c: only RC has {(verb == PerfVerb.Read ? "reads" : "atomics")}");
        if (verb == PerfVerb.Write && connection == QueuePairType.UnreliableDatagram)
            throw new UsageException("-c UD: datagrams have --verb send only");
        if (parsed.GetValue(_all) && parsed.GetValue(_size) is not null)
            throw new UsageException("-a and -s: all sizes, or one");
        if (parsed.GetValue(_duration) is not null && parsed.GetValue(_iterations) is not null)
            throw new UsageException("-D and -n: a time, or a number of messages");
        if (parsed.GetValue(_duration) is not null && parsed.GetValue(_all))
            throw new UsageException("-D and -a: a timed run is of one size");
        if (!parsed.GetValue(_events))
            return;
        if (parsed.GetValue(_duration) is not null)
            throw new UsageException("-D and -e: a timed run polls");
        if (_isLatency && verb == PerfVerb.Write)
            throw new UsageException("-e: a write makes no event at the other end; --verb send does");
        if (!_isLatency && parsed.GetValue(_both))
            throw new UsageException("-b and -e: with both ways at once there is always something to do, so it polls");
    }

    private int DefaultSize(PerfVerb verb) => verb == PerfVerb.Atomic ? PerfSettings.AtomicSize
        : _isLatency ? DefaultLatencySize : DefaultBandwidthSize;

    private static int? InRange(ParseResult parsed, Option<int?> option, int least, int most, string name) =>
        parsed.GetValue(option) is { } value ? CommonOptions.InRange(value, least, most, name) : null;
}
