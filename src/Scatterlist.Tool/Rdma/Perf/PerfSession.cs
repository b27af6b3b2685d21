using Scatterlist.Tool.Rdma.Exchange;
using Scatterlist.Tool.Report;
using Scatterlist.Verbs;

namespace Scatterlist.Tool.Rdma.Perf;

/// <summary>
/// A measurement from the connection to the report. The order of what is exchanged is that of perftest's programs, which
/// differs a little from test to test; in it lies what each end may rely on.
/// </summary>
internal sealed class PerfSession
{
    private const int CacheLine = 64;

    private readonly PerfSettings _settings;
    private readonly PerftestExchange _exchange;
    private readonly PerfEndpoint _endpoint;
    private readonly PerfReport _report;
    private readonly CancellationToken _stop;
    private bool _hasRun;

    private PerfSession(
        PerfSettings settings, PerftestExchange exchange, PerfEndpoint endpoint, PerfReport report,
        CancellationToken stop)
    {
        _settings = settings;
        _exchange = exchange;
        _endpoint = endpoint;
        _report = report;
        _stop = stop;
    }

    /// <summary>Runs a test.</summary>
    /// <param name="settings">What to measure.</param>
    /// <param name="choice">With which device.</param>
    /// <param name="mtu">The MTU; null: the port's.</param>
    /// <param name="terminal">Where the report goes.</param>
    /// <param name="stop">Ends it early.</param>
    internal static int Run(
        PerfSettings settings, RdmaChoice choice, Mtu? mtu, Terminal terminal, CancellationToken stop)
    {
        using RdmaPort port = RdmaPort.Open(choice);
        using ControlChannel channel = settings.Host is { } host
            ? ControlChannel.Connect(host, settings.Port, stop)
            : ControlChannel.Accept(settings.Port, () => PerfReport.Waiting(settings, terminal), stop);
        var exchange = new PerftestExchange(channel, port.Gid is not null);
        (int cycleSize, int cacheLine) = exchange.SwapSystem((int)HostBuffer.BasePageSize, CacheLine);
        var agreed = (Mtu)exchange.SwapMtu((int)Lowest(mtu, port.Attributes.ActiveMtu));
        PerfSettings fitting = Fit(settings, agreed, terminal);
        using var endpoint = new PerfEndpoint(fitting, port, agreed, cycleSize, cacheLine);
        var report = new PerfReport(fitting, port, endpoint, terminal);
        new PerfSession(fitting, exchange, endpoint, report, stop).Run();
        return ExitCodes.Success;
    }

    private static Mtu Lowest(Mtu? asked, Mtu active) => asked < active ? asked.Value : active;

    // A datagram is one packet.
    private static PerfSettings Fit(PerfSettings settings, Mtu mtu, Terminal terminal)
    {
        int bytes = mtu.ToBytes();
        if (!settings.IsDatagram || settings.Size <= bytes)
            return settings;
        if (!settings.AllSizes && settings.IsSizeAsked)
            throw new UsageException($"-s {settings.Size}: a datagram has at most {bytes} bytes, the MTU");
        terminal.Note($"A datagram has at most {bytes} bytes, the MTU: the size is that.");
        return settings with { Size = bytes };
    }

    private void Run()
    {
        _report.Begin();
        Connect();
        if (_settings.IsLatency)
            RunLatency();
        else if (_settings.Verb == PerfVerb.Send)
            RunSendBandwidth();
        else
            RunBandwidth();
        _report.End();
    }

    private void Connect()
    {
        // The latency tests of one-sided work tell the first keys twice.
        if (_settings.IsLatency && _settings.Verb != PerfVerb.Send)
            SwapKeys(0);
        for (int i = 0; i < _settings.QueuePairs; i++)
            SwapKeys(i);
        _endpoint.Connect();
        if (_settings.Verb == PerfVerb.Send)
            Barrier();
        _report.Addresses(isRemote: false);
        for (int i = 0; i < _settings.QueuePairs; i++)
            SwapKeys(i);
        _report.Addresses(isRemote: true);
        if (_settings.Verb != PerfVerb.Send)
            Barrier(); // from here on both ends are connected
    }

    private void RunBandwidth()
    {
        _report.Columns();
        if (!_settings.Posts)
        {
            _hasRun = true;
            Barrier(); // the client is done
            _report.Add(_exchange.SwapReport(default));
            _exchange.Close(_endpoint.Local[0]);
            return;
        }

        BandwidthReport last = default;
        var loop = new BandwidthLoop(_settings, _endpoint, _exchange.Channel, _stop);
        loop.WarmUp(_settings.Sizes.First());
        foreach (int size in _settings.Sizes)
        {
            if (_settings.IsBidirectional)
                Barrier();
            last = loop.Run(size);
            _hasRun = true;
            if (_settings.IsBidirectional)
            {
                if (_settings.AllSizes && _settings.Verb != PerfVerb.Atomic)
                    Barrier();
                _report.Add(last.Plus(_exchange.SwapReport(last)));
            }
            else
            {
                _report.Add(last);
            }
        }

        if (!_settings.IsBidirectional)
        {
            Barrier();
            _exchange.SwapReport(last);
        }

        _exchange.Close(_endpoint.Local[0]);
    }

    private void RunSendBandwidth()
    {
        _report.Columns();
        var loop = new BandwidthLoop(_settings, _endpoint, _exchange.Channel, _stop);
        foreach (int size in _settings.Sizes)
        {
            loop.Prepare();
            Barrier(); // the receives are posted
            BandwidthReport result = loop.Run(size);
            _hasRun = true;
            if (_settings.IsBidirectional && !_settings.IsTimed)
                result = result.Plus(_exchange.SwapReport(result));
            _report.Add(result);
            if (_settings.AllSizes)
                Barrier();
        }

        if (loop.Lost > 0)
            _report.Note($"{loop.Lost} messages did not come: {_settings.Connection} does not send them again.");
        _exchange.Close(_endpoint.Local[0]);
    }

    private void RunLatency()
    {
        bool passive = _settings.IsServer && _settings.IsOneSided;
        if (passive)
        {
            // All that is left to do is to stay until the client is done.
            _exchange.Close(_endpoint.Local[0]);
            return;
        }

        _report.Columns();
        var loop = new LatencyLoop(_settings, _endpoint, _exchange.Channel, _stop);
        foreach (int size in _settings.Sizes)
        {
            loop.Prepare(size);
            if (_settings.Verb == PerfVerb.Send)
                Barrier(); // the receives are posted
            _report.Add(size, loop.Run(size));
            _hasRun = true;
        }

        if (_settings.Verb != PerfVerb.Write)
            _exchange.Close(_endpoint.Local[0]);
    }

    private void SwapKeys(int queuePair)
    {
        PerftestKeys keys = _exchange.SwapKeys(_endpoint.Local[queuePair]);
        if (_exchange.WithGid && keys.Address.Gid.IsZero)
            throw new PeerException("the peer sent no GID: give it one with -x INDEX");
        _endpoint.Remote[queuePair] = keys;
    }

    // From the first run on either end may have to wait until the other one's is over.
    private void Barrier() => _exchange.SwapKeys(_endpoint.Local[0], isTestBetween: _hasRun);
}
