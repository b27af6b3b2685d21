using Scatterlist.Compare.Harness;
using Scatterlist.Compare.Peers;
using Scatterlist.Opae;

namespace Scatterlist.Compare.Areas.Opae;

/// <summary>
/// A loop-back by the emulated accelerator in this process, from the first register write to the interrupt at its end,
/// against memcpy(3) between the same buffers.
/// </summary>
internal sealed class LoopbackComparison(OpaePeer peer, Accelerator accelerator) : Comparison
{
    private const ulong Size = 64 << 20;

    private LoopbackExerciser? _exerciser;
    private SharedBuffer? _source;
    private SharedBuffer? _destination;
    private AcceleratorEvent? _ended;

    public override string Name => "loop-back of 64 MiB in process";

    public override Unit Unit => Unit.GigabytesPerSecond;

    public override Threshold Bar => Threshold.AtLeastRatio(0.8);

    public override ulong BytesPerOperation => Size;

    public override IReadOnlyList<PeerWay> PeerWays =>
        [new PeerWay("memcpy", n => peer.Copy(_destination!.Block, _source!.Block, n))];

    public override bool IsOneThread => false;

    public override int FewestRounds => 48;

    public override void Prepare()
    {
        _ended = accelerator.RegisterEvent(FpgaEventType.Interrupt, 1);
        _exerciser = LoopbackExerciser.Create(accelerator);
        _source = accelerator.PrepareBuffer((nuint)Size, BufferFlags.ReadOnly, SharedBufferOptions.BasePages);
        _destination = accelerator.PrepareBuffer((nuint)Size, options: SharedBufferOptions.BasePages);
        _source.AsSpan().Fill(0x5a);
        _destination.AsSpan().Fill(1);
    }

    public override void RunOurs(int operations)
    {
        for (int i = 0; i < operations; i++)
        {
            _exerciser!.Start(LoopbackMode.Loopback, _source!.IoAddress, _destination!.IoAddress, Size, interruptVector: 1);
            if (_ended!.Wait(OpaeDataPaths.Patience) != 1 || !_exerciser.TryGetResult(out LoopbackResult result))
                throw new InvalidOperationException("The interrupt did not come.");
            OpaeDataPaths.Check(result);
        }
    }

    public override void Dispose()
    {
        _exerciser?.Dispose();
        _ended?.Dispose();
        _source?.Dispose();
        _destination?.Dispose();
    }
}
