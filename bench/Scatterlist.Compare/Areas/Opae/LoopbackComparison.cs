using Scatterlist.Compare.Harness;
using Scatterlist.Compare.Peers;
using Scatterlist.Opae;

namespace Scatterlist.Compare.Areas.Opae;

/// <summary>
/// A loop-back by the emulated accelerator in this process, from the first register write to the seen end, against
/// memcpy(3) between the same buffers.
/// </summary>
internal sealed class LoopbackComparison(OpaePeer peer, Accelerator accelerator) : Comparison
{
    private const ulong Size = 64 << 20;

    private LoopbackExerciser? _exerciser;
    private SharedBuffer? _source;
    private SharedBuffer? _destination;

    public override string Name => "loop-back of 64 MiB in process";

    public override Unit Unit => Unit.GigabytesPerSecond;

    public override Threshold Bar => Threshold.AtLeastRatio(0.8);

    public override ulong BytesPerOperation => Size;

    public override IReadOnlyList<PeerWay> PeerWays =>
        [new PeerWay("memcpy", n => peer.Copy(_destination!.Block, _source!.Block, n))];

    public override bool IsOneThread => false;

    public override void Prepare()
    {
        _exerciser = LoopbackExerciser.Create(accelerator);
        _source = accelerator.PrepareBuffer((nuint)Size, BufferFlags.ReadOnly, SharedBufferOptions.BasePages);
        _destination = accelerator.PrepareBuffer((nuint)Size, options: SharedBufferOptions.BasePages);
        _source.AsSpan().Fill(0x5a);
        _destination.AsSpan().Fill(1);
    }

    public override void RunOurs(int operations)
    {
        for (int i = 0; i < operations; i++)
            OpaeDataPaths.Check(_exerciser!.Copy(_destination!, _source!, Size, OpaeDataPaths.Patience));
    }

    public override void Dispose()
    {
        _exerciser?.Dispose();
        _source?.Dispose();
        _destination?.Dispose();
    }
}
