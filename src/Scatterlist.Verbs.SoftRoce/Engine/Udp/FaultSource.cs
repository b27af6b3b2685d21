namespace Scatterlist.Verbs.SoftRoce.Engine.Udp;

/// <summary>Draws the fate of packets, and holds the one that others overtake.</summary>
internal sealed class FaultSource(UdpFaults faults)
{
    private const int MostOvertaking = 4;

    private readonly Random _random = new(faults.Seed);
    private readonly byte[] _held = GC.AllocateUninitializedArray<byte>(UdpPort.MaxPacket, pinned: true);
    private int _heldLength;
    private int _overtaking;

    /// <summary>Whose packet is held; null: none is.</summary>
    internal UdpPath? HeldPath { get; private set; }

    /// <summary>The held packet, BTH through padding.</summary>
    internal ReadOnlySpan<byte> Held => _held.AsSpan(0, _heldLength);

    internal byte HeldTrafficClass { get; private set; }

    internal byte HeldHopLimit { get; private set; }

    internal bool Loses() => Draw(faults.Loss);

    internal bool Doubles() => Draw(faults.Duplication);

    internal bool Reorders() => Draw(faults.Reordering);

    internal bool Corrupts() => Draw(faults.Corruption);

    /// <summary>A number of at least 0 and less than <paramref name="limit"/>.</summary>
    internal int Next(int limit) => _random.Next(limit);

    /// <summary>Where to write the packet to hold.</summary>
    internal Span<byte> Hold(UdpPath path, int length, byte trafficClass, byte hopLimit)
    {
        HeldPath = path;
        HeldTrafficClass = trafficClass;
        HeldHopLimit = hopLimit;
        _heldLength = length;
        _overtaking = _random.Next(1, MostOvertaking + 1);
        return _held.AsSpan(0, length);
    }

    /// <summary>Another packet went by. True: the held one is due.</summary>
    internal bool IsOvertaken() => HeldPath is not null && --_overtaking <= 0;

    internal void Release() => HeldPath = null;

    private bool Draw(double percent) => percent > 0 && _random.NextDouble() * 100 < percent;
}
