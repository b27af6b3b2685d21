using System.Buffers.Binary;

namespace Scatterlist.Opae.SoftAccelerator.Models;

/// <summary>The host exerciser, HE-LB or HE-MEM.</summary>
internal sealed class HostExerciserModel : LoopbackModel
{
    private const int StatusAddress = 0x110;
    private const int Source = 0x120;
    private const int Destination = 0x128;
    private const int LineCount = 0x130;
    private const int Configuration = 0x140;
    private const int InactivityThreshold = 0x148;
    private const int Interrupt = 0x150;
    private const int TestMessage = 0x158;
    private const int Status0 = 0x160;
    private const int Status1 = 0x168;
    private const int Error = 0x170;
    private const int Information = 0x180;
    private const int AddressShift = 6;
    private const ulong AtomicsOff = 1ul << 24;
    private const ulong ApiVersion = 1ul << 16;
    private const ulong InterruptOnError = 1ul << 28;
    private const ulong InterruptTest = 1ul << 29;

    internal HostExerciserModel(Guid id, EmulatedAcceleratorOptions options)
        : base(id, revision: 0, options)
    {
        Registers.Allow(StatusAddress, ulong.MaxValue);
        Registers.Allow(Source, ulong.MaxValue);
        Registers.Allow(Destination, ulong.MaxValue);
        Registers.Allow(LineCount, uint.MaxValue);
        Registers.Allow(Control, 7);
        Registers.Allow(Configuration, 0xffffffff);
        Registers.Allow(InactivityThreshold, uint.MaxValue);
        Registers.Allow(Interrupt, uint.MaxValue);
        Registers.Allow(TestMessage, ulong.MaxValue);
        Registers.Set(Information, AtomicsOff | ApiVersion | (uint)options.ClockMegahertz);
    }

    private protected override LoopbackJob ReadJob()
    {
        ulong source = Registers.Wide(Source), destination = Registers.Wide(Destination);
        ulong status = Registers.Wide(StatusAddress);
        ulong configuration = Registers.Wide(Configuration);
        int vector = (int)(Registers[Interrupt] >> 16) & 0xff;
        bool hasVector = vector < Vectors;
        return new LoopbackJob
        {
            Mode = (LoopbackMode)((configuration >> 2) & 3),
            Source = source << AddressShift,
            Destination = destination << AddressShift,
            Status = status << AddressShift,
            Lines = (ulong)Registers[LineCount] + 1,
            IsAddressBad = ((source | destination | status) >> (64 - AddressShift)) != 0,
            IsContinuous = (configuration & 2) != 0,
            EndVector = hasVector && (configuration & InterruptTest) != 0 ? vector : -1,
            ErrorVector = hasVector && (configuration & InterruptOnError) != 0 ? vector : -1,
        };
    }

    private protected override void Publish(in LoopbackOutcome outcome)
    {
        Registers.Set(Status0, outcome.LinesWritten | ((ulong)outcome.LinesRead << 32));
        Registers.Set(Status1, 0ul); // nothing is pending once a run has ended
        Registers.Set(Error, (ulong)outcome.Errors);
    }

    private protected override void WriteStatusLine(in LoopbackJob job, in LoopbackOutcome outcome, Span<byte> line)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(line, 1);
        BinaryPrimitives.WriteUInt32LittleEndian(line[4..], (uint)outcome.Errors);
        BinaryPrimitives.WriteUInt64LittleEndian(line[8..], outcome.Ticks & ((1ul << 40) - 1));
        BinaryPrimitives.WriteUInt32LittleEndian(line[16..], outcome.LinesRead);
        BinaryPrimitives.WriteUInt32LittleEndian(line[20..], outcome.LinesWritten);
    }
}
