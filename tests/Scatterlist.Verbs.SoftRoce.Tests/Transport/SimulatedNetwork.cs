using System.Diagnostics;
using System.Net;
using Scatterlist.Verbs.SoftRoce.Engine;
using Scatterlist.Verbs.SoftRoce.Objects;

namespace Scatterlist.Verbs.SoftRoce.Tests.Transport;

/// <summary>
/// NICs on a wire of our own, in virtual time: packets get lost, doubled and late by the seed's will, and a second of
/// timers takes no time at all.
/// </summary>
internal sealed unsafe class SimulatedNetwork(int seed) : IDisposable
{
    internal static readonly long Microsecond = Stopwatch.Frequency / 1_000_000;

    private readonly Random _random = new(seed);
    private readonly Dictionary<Gid, SoftContext> _nics = [];
    private readonly PriorityQueue<SimulatedPacket, (long Due, long Order)> _wire = new();
    private readonly Dictionary<(Gid, Gid), SimulatedPath> _paths = [];
    private long _order;

    internal long Now { get; private set; } = 1_000_000_000;

    internal double Loss { get; set; }

    internal double Duplication { get; set; }

    internal double Reordering { get; set; }

    internal long Latency { get; set; } = 5 * Microsecond;

    internal int MaxPayload { get; set; } = 4096;

    internal bool IsReliable { get; set; }

    /// <summary>How paths reach the peer's memory, when they do.</summary>
    internal DirectAccess? Direct { get; set; }

    /// <summary>Packets that one flush takes; more find no room.</summary>
    internal int Room { get; set; } = 32;

    /// <summary>Sees every packet as it is sent; false takes it off the wire.</summary>
    internal Func<SimulatedPacket, bool>? Filter { get; set; }

    /// <summary>What went to an address without a NIC.</summary>
    internal List<SimulatedPacket> Captured { get; } = [];

    internal static Gid AddressOf(int number) => Gid.FromAddress(new IPAddress([10, 0, 0, (byte)number]));

    /// <summary>The one path that all queue pairs of two NICs share.</summary>
    internal SimulatedPath PathBetween(in Gid source, in Gid destination)
    {
        if (!_paths.TryGetValue((source, destination), out SimulatedPath? path))
            _paths.Add((source, destination), path = new SimulatedPath(this, source, destination));
        return path;
    }

    internal SoftContext AddNic(int number)
    {
        Gid gid = AddressOf(number);
        var engine = new NicEngine(
            [new GidEntry(gid, 0, 1, GidType.RoceV2)], Mtu.Bytes4096, ports: [], sameHost: null, capture: null);
        engine.Clock = () => Now;
        engine.Medium = attributes => PathBetween(gid, attributes.Destination);
        var context = new SoftContext(engine, 1 << 20);
        _nics.Add(gid, context);
        return context;
    }

    /// <summary>Runs until the condition holds.</summary>
    internal void Run(Func<bool> until, double maxSeconds = 60)
    {
        long end = Now + (long)(maxSeconds * Stopwatch.Frequency);
        while (!until())
        {
            if (Now > end)
                throw new TimeoutException("The condition did not come true in virtual time.");
            Step();
        }
    }

    internal void Run(double seconds)
    {
        long end = Now + (long)(seconds * Stopwatch.Frequency);
        while (Now < end)
            Step();
    }

    /// <summary>Time passes, and nobody works.</summary>
    internal void Stall(double seconds) => Now += (long)(seconds * Stopwatch.Frequency);

    /// <summary>Delivers what is due and lets every NIC work once.</summary>
    internal void Step()
    {
        // Time moves to the next packet, or by a little when none is on its way.
        Now = _wire.TryPeek(out _, out (long Due, long Order) next)
            ? Math.Max(Now, Math.Min(next.Due, Now + (50 * Microsecond)))
            : Now + (50 * Microsecond);
        while (_wire.TryPeek(out SimulatedPacket? packet, out next) && next.Due <= Now)
        {
            _wire.Dequeue();
            Deliver(packet);
        }

        foreach (SoftContext nic in _nics.Values)
            nic.Engine.Progress();
    }

    internal void Send(SimulatedPacket packet)
    {
        if (Filter?.Invoke(packet) == false)
            return;
        if (!_nics.ContainsKey(packet.Destination))
        {
            Captured.Add(packet);
            return;
        }

        if (!IsReliable && _random.NextDouble() < Loss)
            return;
        Enqueue(packet);
        if (!IsReliable && _random.NextDouble() < Duplication)
            Enqueue(packet);
    }

    /// <summary>Gives a packet to its NIC now.</summary>
    internal void Deliver(SimulatedPacket packet)
    {
        SoftContext nic = _nics[packet.Destination];
        nic.Engine.Enter();
        try
        {
            fixed (byte* bytes = packet.Bytes)
            {
                var received = new ReceivedPacket(
                    bytes, packet.Bytes.Length, packet.Source, packet.Destination, packet.TrafficClass, packet.HopLimit,
                    IsReliable ? PathBetween(packet.Destination, packet.Source) : null);
                ((IPacketHandler)nic.Engine).OnPacket(received);
            }
        }
        finally
        {
            nic.Engine.Exit();
        }
    }

    public void Dispose()
    {
        foreach (SoftContext nic in _nics.Values)
            nic.Dispose();
    }

    private void Enqueue(SimulatedPacket packet)
    {
        long due = Now + Latency;
        if (!IsReliable && _random.NextDouble() < Reordering)
            due += (long)(_random.NextDouble() * 8 * Latency);
        _wire.Enqueue(packet, (due, _order++));
    }
}
