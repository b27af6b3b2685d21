using System.Globalization;
using System.Text.Json.Nodes;
using Scatterlist.Tool.Rdma.Exchange;
using Scatterlist.Tool.Report;
using Scatterlist.Verbs;

namespace Scatterlist.Tool.Rdma.Perf;

/// <summary>
/// A measurement in the words and the columns of perftest's programs, or as one JSON document with the names that their
/// <c>--out_json</c> has. The peer's key is the one thing that is left out: it opens memory, and outputs get around.
/// </summary>
internal sealed class PerfReport(PerfSettings settings, RdmaPort port, PerfEndpoint endpoint, Terminal terminal)
{
    private static readonly string Line = new('-', 87);

    private readonly JsonArray _results = [];

    /// <summary>Tells that clients can connect.</summary>
    internal static void Waiting(PerfSettings settings, Terminal terminal)
    {
        if (terminal.IsJson)
        {
            terminal.Note($"waiting for a client on TCP port {settings.Port}");
            return;
        }

        Write("");
        Write("************************************");
        Write("* Waiting for client to connect... *");
        Write("************************************");
    }

    internal void Note(string text) => terminal.Note(text);

    internal void Begin()
    {
        if (terminal.IsJson)
            return;
        Write(Line);
        Write($"                    {TestName(' ')} Test");
        if (settings.UseEvents)
            Write(" Test with events.");
        Write($" Dual-port       : OFF\t\tDevice         : {port.Context.DeviceName}");
        Write($" Number of qps   : {settings.QueuePairs}\t\tTransport type : IB");
        Write($" Connection type : {Connection}\t\tUsing SRQ      : OFF");
        foreach ((string name, string value) in Details())
            Write($" {name,-16}: {value}");
        Write($" {"Data ex. method",-16}: Ethernet");
        Write(Line);
    }

    /// <summary>The addresses of one end's queue pairs.</summary>
    internal void Addresses(bool isRemote)
    {
        if (terminal.IsJson)
            return;
        foreach (PerftestKeys keys in isRemote ? endpoint.Remote : endpoint.Local)
        {
            PeerAddress address = keys.Address;
            string reads = settings.Verb == PerfVerb.Read ? $" OUT 0x{keys.OutstandingReads:x2}" : "";
            string memory = settings.Verb is PerfVerb.Read or PerfVerb.Write ? $" VAddr 0x{keys.RemoteAddress:x16}" : "";
            Write(string.Create(
                CultureInfo.InvariantCulture,
                $" {(isRemote ? "remote" : "local")} address: LID 0x{address.Lid:x2} QPN 0x{address.QueuePairNumber:x4} "
                + $"PSN 0x{address.Psn:x4}{reads}{memory}"));
            if (port.Gid is not null)
                Write($" GID: {Dotted(address.Gid)}");
        }
    }

    internal void Columns()
    {
        if (terminal.IsJson)
            return;
        Write(Line);
        string unit = settings.Gigabits ? "Gb/sec" : "MB/sec";
        if (!settings.IsLatency)
            Write($" #bytes     #iterations    BW peak[{unit}]    BW average[{unit}]   MsgRate[Mpps]");
        else if (!settings.IsTimed)
            Write(" #bytes #iterations    t_min[usec]    t_max[usec]  t_typical[usec]    t_avg[usec]    t_stdev[usec]"
                + "   99% percentile[usec]   99.9% percentile[usec] ");
        else
            Write(" #bytes        #iterations       t_avg[usec]    tps average");
    }

    internal void Add(BandwidthReport report)
    {
        if (terminal.IsJson)
        {
            _results.Add((JsonNode)new JsonObject
            {
                ["MsgSize"] = report.Size,
                ["n_iterations"] = report.Iterations,
                ["BW_peak"] = Number(report.PeakBandwidth),
                ["BW_average"] = Number(report.AverageBandwidth),
                ["MsgRate"] = Number(report.MessageRate),
            });
            return;
        }

        string format = settings.Gigabits && report.AverageBandwidth < 0.1 ? "0.000000" : "0.00";
        Write(string.Create(
            CultureInfo.InvariantCulture,
            $" {report.Size,-7}    {report.Iterations,-10}       {Fixed(report.PeakBandwidth, format),-7}            "
            + $"{Fixed(report.AverageBandwidth, format),-7}\t\t   {report.MessageRate:0.000000}"));
    }

    internal void Add(int size, LatencyStatistics times)
    {
        double rate = times.Average > 0 ? 1e6 / (times.Average * (settings.IsOneSided ? 1 : 2)) : 0;
        if (terminal.IsJson)
        {
            JsonObject document = new() { ["MsgSize"] = size, ["n_iterations"] = times.Iterations };
            if (!settings.IsTimed)
            {
                document["t_min"] = times.Minimum;
                document["t_max"] = times.Maximum;
                document["t_typical"] = times.Typical;
                document["t_avg"] = times.Average;
                document["t_stdev"] = times.Deviation;
                document["percentile_99"] = times.Percentile99;
                document["percentile_99.9"] = times.Percentile999;
            }
            else
            {
                document["t_avg"] = times.Average;
                document["tps_average"] = rate;
            }

            _results.Add((JsonNode)document);
            return;
        }

        Write(!settings.IsTimed
            ? string.Create(
                CultureInfo.InvariantCulture,
                $" {size,-7} {times.Iterations}          {Fixed(times.Minimum),-7}        {Fixed(times.Maximum),-7}      "
                + $"{Fixed(times.Typical),-7}  \t       {Fixed(times.Average),-7}     \t{Fixed(times.Deviation),-7}\t\t"
                + $"{Fixed(times.Percentile99),-7} \t\t{Fixed(times.Percentile999)}")
            : string.Create(
                CultureInfo.InvariantCulture,
                $" {size,-7}       {times.Iterations}            {Fixed(times.Average),-7}        {Fixed(rate)}"));
    }

    internal void End()
    {
        if (!terminal.IsJson)
        {
            Write(Line);
            if (port.Context.ProviderName == VerbsProviders.SoftRoce)
                terminal.Note("A soft NIC: the numbers are those of this machine's processors, not of a card.");
            return;
        }

        var info = new JsonObject
        {
            ["test"] = $"{TestName('_')}_Test",
            ["role"] = settings.IsServer ? "server" : "client",
            ["provider"] = port.Context.ProviderName,
            ["Device"] = port.Context.DeviceName,
            ["Number_of_qps"] = settings.QueuePairs,
            ["Transport_type"] = "IB",
            ["Connection_type"] = Connection,
        };
        foreach ((string name, string value) in Details())
        {
            string key = name.Replace(' ', '_');
            string number = value.EndsWith("[B]", StringComparison.Ordinal) ? value[..^3] : value;
            info[key] = long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long count)
                ? JsonValue.Create(count)
                : JsonValue.Create(value);
        }

        if (!settings.IsLatency)
            info["BW_unit"] = settings.Gigabits ? "Gb/sec" : "MB/sec";
        Terminal.WriteJson(new JsonObject { ["test_info"] = info, ["results"] = _results });
    }

    private string Connection => settings.Connection.ShortName().ToUpperInvariant();

    private string TestName(char gap)
    {
        string verb = settings.Verb switch
        {
            PerfVerb.Send => "Send",
            PerfVerb.Write => "RDMA_Write",
            PerfVerb.Read => "RDMA_Read",
            _ => settings.IsCompareAndSwap ? $"Atomic{gap}CMP_AND_SWAP" : $"Atomic{gap}FETCH_AND_ADD",
        };
        if (settings.IsLatency)
            return $"{verb}{gap}Latency";
        string ways = settings.IsBidirectional ? $"Bidirectional{gap}" : "";
        string list = settings.PostList > 1 ? $"Post{gap}List{gap}" : "";
        return $"{verb}{gap}{ways}{list}BW";
    }

    private IEnumerable<(string Name, string Value)> Details()
    {
        if (settings.Posts)
            yield return ("TX depth", $"{settings.TxDepth}");
        if (settings.PostList > 1)
            yield return ("Post List", $"{settings.PostList}");
        if (settings.Receives)
            yield return ("RX depth", $"{settings.RxDepth}");
        if (!settings.IsLatency)
            yield return ("CQ Moderation", $"{settings.CqModeration}");
        yield return ("Mtu", $"{endpoint.Mtu.ToBytes()}[B]");
        yield return ("Link type", port.IsEthernet ? "Ethernet" : "IB");
        if (port.Gid is { } gid)
            yield return ("GID index", $"{gid.Index}");
        if (settings.IsReadOrAtomic)
            yield return ("Outstand reads", $"{endpoint.OutstandingReads}");
        else
            yield return ("Max inline data", $"{endpoint.InlineSize}[B]");
        yield return ("rdma_cm QPs", "OFF");
    }

    // A peer may report anything, and JSON has no infinity.
    private static JsonValue? Number(double number) => double.IsFinite(number) ? JsonValue.Create(number) : null;

    private static string Fixed(double number, string format = "0.00") =>
        number.ToString(format, CultureInfo.InvariantCulture);

    // perftest prints a GID's bytes as decimal numbers.
    private static string Dotted(Gid gid)
    {
        byte[] bytes = new byte[Gid.Size];
        gid.CopyTo(bytes);
        return string.Join(':', bytes.Select(part => part.ToString("00", CultureInfo.InvariantCulture)));
    }

    // Tables with tabs and brackets are written as they are.
    private static void Write(string line) => Console.Out.WriteLine(line);
}
