namespace Scatterlist.Opae.SoftAccelerator.Models;

/// <summary>The native loop-back adapter, NLB0: a status area by its bytes, and no interrupts.</summary>
internal sealed class NativeLoopbackModel : LoopbackModel
{
    private const ulong StatusLine = 0x40; // in the status area

    internal NativeLoopbackModel(EmulatedAcceleratorOptions options)
        : base(AcceleratorIds.NativeLoopback, tickBits: 64, options)
    {
    }

    private protected override LoopbackJob ReadRest(in LoopbackJob job)
    {
        ulong status = Registers.Wide(StatusAddress);
        return job with
        {
            Status = unchecked(status + StatusLine),
            Lines = Registers[LineCount],
            IsAddressBad = job.IsAddressBad || status > ulong.MaxValue - StatusLine,
        };
    }
}
