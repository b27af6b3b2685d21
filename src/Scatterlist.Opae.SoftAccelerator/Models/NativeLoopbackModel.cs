using System.Buffers.Binary;

namespace Scatterlist.Opae.SoftAccelerator.Models;

/// <summary>The native loop-back adapter, NLB0.</summary>
internal sealed class NativeLoopbackModel : LoopbackModel
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
    private const ulong StatusLine = 0x40;
    private const int AddressShift = 6;
    private const ulong Continuous = 2;

    internal NativeLoopbackModel(EmulatedAcceleratorOptions options)
        : base(AcceleratorIds.NativeLoopback, revision: 0, options)
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
    }

    private protected override LoopbackJob ReadJob()
    {
        ulong source = Registers.Wide(Source), destination = Registers.Wide(Destination);
        ulong status = Registers.Wide(StatusAddress);
        ulong configuration = Registers.Wide(Configuration);
        return new LoopbackJob
        {
            Mode = (LoopbackMode)((configuration >> 2) & 3),
            Source = source << AddressShift,
            Destination = destination << AddressShift,
            Status = unchecked(status + StatusLine),
            Lines = Registers[LineCount],
            IsAddressBad = ((source | destination) >> (64 - AddressShift)) != 0 || status > ulong.MaxValue - StatusLine,
            IsContinuous = (configuration & Continuous) != 0,
            EndVector = -1,
            ErrorVector = -1,
        };
    }

    private protected override void Publish(in LoopbackOutcome outcome)
    {
        Registers.Set(Status0, outcome.LinesWritten | ((ulong)outcome.LinesRead << 32));
        Registers.Set(Status1, 0ul);
        Registers.Set(Error, (ulong)outcome.Errors);
    }

    private protected override void WriteStatusLine(in LoopbackJob job, in LoopbackOutcome outcome, Span<byte> line)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(line, 1);
        BinaryPrimitives.WriteUInt32LittleEndian(line[4..], (uint)outcome.Errors);
        BinaryPrimitives.WriteUInt64LittleEndian(line[8..], outcome.Ticks);
        BinaryPrimitives.WriteUInt32LittleEndian(line[16..], outcome.LinesRead);
        BinaryPrimitives.WriteUInt32LittleEndian(line[20..], outcome.LinesWritten);
    }
}
