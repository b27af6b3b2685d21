namespace Scatterlist.Opae.SoftAccelerator.Models;

/// <summary>The host exerciser, HE-LB or HE-MEM: a status line by its number, and interrupts.</summary>
internal sealed class HostExerciserModel : LoopbackModel
{
    private const int Information = 0x180;
    private const ulong AtomicsOff = 1ul << 24;
    private const ulong ApiVersion = 1ul << 16;
    private const ulong InterruptOnError = 1ul << 28;
    private const ulong InterruptTest = 1ul << 29;

    internal HostExerciserModel(Guid id, EmulatedAcceleratorOptions options)
        : base(id, tickBits: 40, options) =>
        Registers.Set(Information, AtomicsOff | ApiVersion | (uint)options.ClockMegahertz);

    private protected override LoopbackJob ReadRest(in LoopbackJob job)
    {
        ulong status = Registers.Wide(StatusAddress);
        ulong configuration = Registers.Wide(Configuration);
        int vector = (int)(Registers[Interrupt] >> 16) & 0xff;
        bool hasVector = vector < Vectors;
        return job with
        {
            Status = status << AddressShift,
            Lines = (ulong)Registers[LineCount] + 1,
            IsAddressBad = job.IsAddressBad || status >> (64 - AddressShift) != 0,
            EndVector = hasVector && (configuration & InterruptTest) != 0 ? vector : -1,
            ErrorVector = hasVector && (configuration & InterruptOnError) != 0 ? vector : -1,
        };
    }
}
