using System.Buffers.Binary;
using Scatterlist.Vfio;

namespace Scatterlist.Opae.SoftAccelerator.Models;

/// <summary>
/// What the host exerciser and NLB0 share: a header with a GUID, registers that describe a run and what it ended with, and
/// an engine on a thread of its own that carries it out in the client's memory.
/// </summary>
internal abstract class LoopbackModel : PciDeviceModel
{
    private protected const int Vectors = 4;
    private protected const int AddressShift = 6; // addresses are of cache lines
    private protected const int StatusAddress = 0x110;
    private protected const int LineCount = 0x130;
    private protected const int Configuration = 0x140;
    private protected const int Interrupt = 0x150;
    private const int Scratch = 0x100;
    private const int Source = 0x120;
    private const int Destination = 0x128;
    private const int Control = 0x138; // bit 0 lets the engine out of reset, bit 1 starts a run, bit 2 ends it
    private const int InactivityThreshold = 0x148;
    private const int TestMessage = 0x158;
    private const int Status0 = 0x160;
    private const int Status1 = 0x168;
    private const int Error = 0x170;
    private const ulong Continuous = 2;
    private const int LineBytes = 64;
    private const int RegisterBytes = 0x200;
    private const ulong BarBytes = 64 << 10;

    private readonly Lock _gate = new();
    private readonly LoopbackEngine _engine;
    private readonly ulong _tickMask;

    /// <summary>Makes a model.</summary>
    /// <param name="id">The accelerator's GUID.</param>
    /// <param name="tickBits">How many bits of the status line tell a run's clocks, 1 to 64.</param>
    /// <param name="options">How it behaves.</param>
    private protected LoopbackModel(Guid id, int tickBits, EmulatedAcceleratorOptions options)
        : base(Describe())
    {
        _tickMask = ulong.MaxValue >> (64 - tickBits);
        Registers = new RegisterFile(RegisterBytes);
        Registers.Set(0, FeatureHeader.Create(FeatureType.Accelerator).Value);
        (ulong low, ulong high) = AcceleratorIds.ToRegisters(id);
        Registers.Set(8, low);
        Registers.Set(0x10, high);
        foreach (int wide in (ReadOnlySpan<int>)[Scratch, Scratch + 8, StatusAddress, Source, Destination, TestMessage])
            Registers.Allow(wide, ulong.MaxValue);
        foreach (int narrow in (ReadOnlySpan<int>)[LineCount, Configuration, InactivityThreshold, Interrupt])
            Registers.Allow(narrow, uint.MaxValue);
        Registers.Allow(Control, 7);
        _engine = new LoopbackEngine(this, options);
    }

    internal LoopbackEngine Engine => _engine;

    /// <summary>The registers. Under the gate.</summary>
    private protected RegisterFile Registers { get; }

    /// <summary>What a run ended with: the registers first, then the status line. Called by the engine.</summary>
    /// <returns>The errors, with that of the status line itself.</returns>
    internal LoopbackErrors Complete(in LoopbackJob job, in LoopbackOutcome outcome)
    {
        const int DoneWord = sizeof(ulong);
        lock (_gate)
            Publish(in outcome);
        Span<byte> line = stackalloc byte[LineBytes];
        line.Clear();
        WriteStatusLine(in outcome, line);
        // The word with the "done" bit comes last and at once: who sees it sees the rest.
        if (_engine.Write(job.Status + DoneWord, line[DoneWord..]) && _engine.Write(job.Status, line[..DoneWord]))
            return outcome.Errors;
        LoopbackOutcome lost = outcome with { Errors = outcome.Errors | LoopbackErrors.StatusFault };
        lock (_gate)
            Publish(in lost);
        return lost.Errors;
    }

    /// <summary>Adds what each model reads in its own way: the lines, the status line's address, vectors.</summary>
    /// <param name="job">What all of them read alike.</param>
    /// <remarks>Under the gate.</remarks>
    private protected abstract LoopbackJob ReadRest(in LoopbackJob job);

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

    private LoopbackJob ReadJob()
    {
        ulong source = Registers.Wide(Source), destination = Registers.Wide(Destination);
        ulong configuration = Registers.Wide(Configuration);
        return ReadRest(new LoopbackJob
        {
            Mode = (LoopbackMode)((configuration >> 2) & 3),
            Source = source << AddressShift,
            Destination = destination << AddressShift,
            IsAddressBad = ((source | destination) >> (64 - AddressShift)) != 0,
            IsContinuous = (configuration & Continuous) != 0,
            EndVector = -1,
            ErrorVector = -1,
        });
    }

    // Under the gate.
    private void Publish(in LoopbackOutcome outcome)
    {
        Registers.Set(Status0, outcome.LinesWritten | ((ulong)outcome.LinesRead << 32));
        Registers.Set(Status1, 0ul); // nothing is pending once a run has ended
        Registers.Set(Error, (ulong)outcome.Errors);
    }

    private void WriteStatusLine(in LoopbackOutcome outcome, Span<byte> line)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(line, 1);
        BinaryPrimitives.WriteUInt32LittleEndian(line[4..], (uint)outcome.Errors);
        BinaryPrimitives.WriteUInt64LittleEndian(line[8..], outcome.Ticks & _tickMask);
        BinaryPrimitives.WriteUInt32LittleEndian(line[16..], outcome.LinesRead);
        BinaryPrimitives.WriteUInt32LittleEndian(line[20..], outcome.LinesWritten);
    }
}
