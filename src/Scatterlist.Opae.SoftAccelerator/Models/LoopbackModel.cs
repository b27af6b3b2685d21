using Scatterlist.Vfio;

namespace Scatterlist.Opae.SoftAccelerator.Models;

/// <summary>
/// What the host exerciser and NLB0 share: a header with a GUID, registers that describe a run, and an engine on a
/// thread of its own that carries it out in the client's memory.
/// </summary>
internal abstract class LoopbackModel : PciDeviceModel
{
    private protected const int LineBytes = 64;
    private protected const int Vectors = 4;
    private const int RegisterBytes = 0x200;
    private const ulong BarBytes = 64 << 10;
    private const int Scratch = 0x100;

    private readonly Lock _gate = new();
    private readonly LoopbackEngine _engine;

    private protected LoopbackModel(Guid id, byte revision, EmulatedAcceleratorOptions options)
        : base(Describe())
    {
        Registers = new RegisterFile(RegisterBytes);
        Registers.Set(0, FeatureHeader.Create(FeatureType.Accelerator, revision: revision).Value);
        (ulong low, ulong high) = AcceleratorIds.ToRegisters(id);
        Registers.Set(8, low);
        Registers.Set(0x10, high);
        Registers.Allow(Scratch, ulong.MaxValue);
        Registers.Allow(Scratch + 8, ulong.MaxValue);
        _engine = new LoopbackEngine(this, options);
    }

    internal LoopbackEngine Engine => _engine;

    /// <summary>The registers. Under <see cref="Gate"/>.</summary>
    private protected RegisterFile Registers { get; }

    /// <summary>The control register: bit 0 lets the engine out of reset, bit 1 starts a run, bit 2 ends it.</summary>
    private protected const int Control = 0x138;

    private protected Lock Gate => _gate;

    /// <summary>What a run ended with: the registers first, then the status line. Called by the engine.</summary>
    /// <returns>The errors, with that of the status line itself.</returns>
    internal LoopbackErrors Complete(in LoopbackJob job, in LoopbackOutcome outcome)
    {
        const int DoneWord = sizeof(ulong);
        lock (_gate)
            Publish(in outcome);
        Span<byte> line = stackalloc byte[LineBytes];
        line.Clear();
        WriteStatusLine(in job, in outcome, line);
        // The word with the "done" bit comes last and at once: who sees it sees the rest.
        if (_engine.Write(job.Status + DoneWord, line[DoneWord..]) && _engine.Write(job.Status, line[..DoneWord]))
            return outcome.Errors;
        LoopbackOutcome lost = outcome with { Errors = outcome.Errors | LoopbackErrors.StatusFault };
        lock (_gate)
            Publish(in lost);
        return lost.Errors;
    }

    /// <summary>Reads the run's description from the registers. Under the gate.</summary>
    private protected abstract LoopbackJob ReadJob();

    /// <summary>Puts a run's outcome into the status registers. Under the gate.</summary>
    private protected abstract void Publish(in LoopbackOutcome outcome);

    /// <summary>The line that tells the host that a run has ended.</summary>
    private protected abstract void WriteStatusLine(in LoopbackJob job, in LoopbackOutcome outcome, Span<byte> line);

    /// <inheritdoc/>
    protected override Errno ReadBar(int bar, ulong offset, Span<byte> destination)
    {
        lock (_gate)
            Registers.Read(offset, destination);
        return Errno.None;
    }

    /// <inheritdoc/>
    protected override Errno WriteBar(int bar, ulong offset, ReadOnlySpan<byte> source)
    {
        lock (_gate)
        {
            uint before = Registers[Control];
            Registers.Write(offset, source);
            if (offset <= Control + 3 && offset + (ulong)source.Length > Control)
                ControlWritten(before, Registers[Control]);
        }

        return Errno.None;
    }

    /// <inheritdoc/>
    protected override Errno ResetDevice()
    {
        _engine.Abort();
        lock (_gate)
        {
            Span<byte> zeros = stackalloc byte[RegisterBytes - Scratch];
            zeros.Clear();
            Registers.Write(Scratch, zeros);
            Publish(default);
        }

        return Errno.None;
    }

    /// <inheritdoc/>
    protected override void OnAttached() => _engine.Start();

    /// <inheritdoc/>
    protected override void OnDetached() => _engine.Stop();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _engine.Stop();
        base.Dispose(disposing);
    }

    private static PciDeviceDescription Describe() => new()
    {
        VendorId = 0x8086, // the ids of an OFS virtual function, which OPAE's tables know
        DeviceId = 0xbccf,
        SubsystemVendorId = 0x8086,
        SubsystemId = 0x1771,
        Bars = [new PciBar(0, BarBytes) { Is64Bit = true }],
        MsiXVectors = Vectors,
    };

    private void ControlWritten(uint before, uint after)
    {
        const uint OutOfReset = 1, Start = 2, End = 4;
        if ((after & OutOfReset) == 0)
        {
            _engine.RequestAbort();
            Publish(default);
            return;
        }

        if ((after & End) != 0)
            _engine.RequestEnd();
        if ((after & Start) != 0 && (before & Start) == 0)
            _engine.Post(ReadJob());
    }
}
