using Microsoft.Extensions.Logging;
using Scatterlist.Diagnostics;

namespace Scatterlist.Opae.SoftAccelerator.Models;

/// <summary>The last faults, and how many there were. Thread-safe.</summary>
internal sealed partial class FaultLog
{
    private readonly Lock _gate = new();
    private readonly Queue<DmaFault> _last = new();
    private readonly int _capacity;
    private readonly Action<DmaFault>? _told;
    private readonly ILogger? _logger;
    private ulong _count;

    internal FaultLog(int capacity, EmulatedAcceleratorOptions options)
    {
        _capacity = capacity;
        _told = options.OnFault;
        _logger = options.LoggerFactory?.CreateLogger(ScatterlistDiagnostics.OpaeLogCategory);
    }

    internal ulong Count
    {
        get
        {
            lock (_gate)
                return _count;
        }
    }

    internal IReadOnlyList<DmaFault> GetLast()
    {
        lock (_gate)
            return [.. _last];
    }

    internal void Add(DmaFault fault)
    {
        lock (_gate)
        {
            _count++;
            if (_last.Count == _capacity)
                _last.Dequeue();
            _last.Enqueue(fault);
        }

        _told?.Invoke(fault);
        if (_logger is not null)
            Faulted(_logger, fault);
    }

    [LoggerMessage(10, LogLevel.Warning, "DMA fault: {Fault}")]
    private static partial void Faulted(ILogger logger, DmaFault fault);
}
