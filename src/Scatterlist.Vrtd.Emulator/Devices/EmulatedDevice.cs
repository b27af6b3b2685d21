using System.Globalization;
using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Emulator;

/// <summary>
/// One emulated card: its memory, queues, clocks and PCIe functions. Thread-safe: one lock guards the tables and is
/// never held while memory is zeroed or moved.
/// </summary>
internal sealed partial class EmulatedDevice : IDisposable
{
    internal const ulong BarLength = 64UL << 20;

    private const int FirstBus = 0x65;

    private readonly Lock _gate = new();
    private readonly EmulatorOptions _options;
    private readonly SubregionMap _map = new();
    private readonly QueuePairTable _queues;
    private readonly List<BufferRecord> _buffers = [];
    private readonly MemoryFile _memory;
    private readonly MemoryFile _bar;
    private readonly ClockWizard _serviceClock = new();
    private readonly ClockWizard _userClock = new();

    internal EmulatedDevice(int index, EmulatorOptions options)
    {
        _options = options;
        Index = index;
        Name = string.Create(CultureInfo.InvariantCulture, $"slash_ctl{index}");
        Bdf = string.Create(CultureInfo.InvariantCulture, $"0000:{FirstBus + index:x2}:00");
        Shell = options.Shell;
        IsJtagBoot = options.IsJtagBoot;
        Sensors = EmulatedSensors.Of(index);
        _queues = new QueuePairTable(options.QueuePairLimit);
        AddDesignWriterQueue();
        _memory = MemoryFile.Create($"v80-memory-{index}", SubregionMap.EndOfMemory);
        try
        {
            _bar = MemoryFile.Create($"v80-bar0-{index}", BarLength);
        }
        catch
        {
            _memory.Dispose();
            throw;
        }
    }

    internal int Index { get; }

    internal string Name { get; }

    /// <summary>The board's address, without a function.</summary>
    internal string Bdf { get; }

    internal SensorRecord[] Sensors { get; }

    internal DeviceInfoResponse Info
    {
        get
        {
            lock (_gate)
                return new DeviceInfoResponse(Name, Bdf, 0x10EE, 0x50B6, 0x10EE, 0x000E, Shell, IsJtagBoot);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _buffers.Clear();
            _queues.Clear();
        }

        _memory.Dispose();
        _bar.Dispose();
    }

    /// <summary>BAR 0 is usable, as in the libslash mock; the others are not.</summary>
    internal static BarInfoResponse BarInfo(byte bar) => new(bar, bar == 0, false, 0, bar == 0 ? BarLength : 0);

    internal FileDescriptor OpenBar() => _bar.OpenView(QdmaDirections.None);

    internal (int Buffers, int QueuePairs, ulong Allocated, ulong Committed) Count()
    {
        lock (_gate)
            return (_buffers.Count, _queues.Count, _map.AllocatedBytes, _memory.CommittedBytes);
    }

    /// <summary>Reads a clock, or sets it when a rate is given; false when its PLL cannot make the rate.</summary>
    internal bool TryClock(ClockRegion region, uint? wanted, bool roundDown, out uint achieved)
    {
        lock (_gate)
        {
            ClockWizard clock = region == ClockRegion.User ? _userClock : _serviceClock;
            bool done = wanted is not { } rate || clock.TrySet(rate, roundDown);
            achieved = clock.Rate;
            return done;
        }
    }

    private void AddDesignWriterQueue()
    {
        // The first queue of the card, so that clients' queues count from 1 as they do beside the real daemon.
        if (_options.HasDesignWriter && _queues.Add(QdmaMode.MemoryMapped, QdmaDirections.HostToCard) is { } pair)
            pair.IsStarted = true;
    }
}
