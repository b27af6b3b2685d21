using Scatterlist.Compare.Harness;
using Scatterlist.Compare.Peers;
using Scatterlist.HostFd;

namespace Scatterlist.Compare.Areas.HostFd;

/// <summary>
/// Many blocks at offset 0, against preadv2(2) and pwritev2(2) with prebuilt iovecs. The blocks and the window over
/// them are prebuilt for both; the iovecs that the peer gets are exactly what the window shows.
/// </summary>
internal sealed class VectoredComparison(
    HostFdPeer peer, Direction direction, bool isSafeHandle, BlockLayout layout, string kind, double limit) : Comparison
{
    private Grounds? _grounds;
    private Block[] _blocks = [];
    private Block[] _iovecs = [];

    public override string Name =>
        $"{(direction == Direction.Read ? "read" : "write")} {layout}{kind}, {(isSafeHandle ? "SafeHandle" : "raw descriptor")}";

    public override Unit Unit => layout.Bytes < 1 << 16 ? Unit.Nanoseconds : Unit.Microseconds;

    public override Threshold Bar => Threshold.AtMostRatio(limit);

    public override ulong BytesPerOperation => layout.Bytes;

    public override IReadOnlyList<PeerWay> PeerWays => direction == Direction.Read
        ? [new PeerWay("C preadv2", n => peer.Preadv2(_grounds!.File.Value, _iovecs, layout.Bytes, n))]
        : [new PeerWay("C pwritev2", n => peer.Pwritev2(_grounds!.File.Value, _iovecs, layout.Bytes, n))];

    public override void Prepare()
    {
        _grounds = new Grounds((nuint)layout.Bytes, layout.Extent);
        _blocks = layout.PlaceIn(_grounds.Memory);
        _iovecs = new Block[layout.Count];
        layout.Window(_blocks).CopyBlocksTo(_iovecs, out _);
    }

    // A method each: in one for all, the profile of the first would call the other loops cold.
    public override void RunOurs(int operations)
    {
        switch (direction, isSafeHandle)
        {
            case (Direction.Read, false): ReadByNumber(operations); break;
            case (Direction.Read, true): ReadByHandle(operations); break;
            case (Direction.Write, false): WriteByNumber(operations); break;
            default: WriteByHandle(operations); break;
        }
    }

    public override void Dispose() => _grounds?.Dispose();

    private void ReadByNumber(int operations)
    {
        BlockSequence window = layout.Window(_blocks);
        int file = _grounds!.File.Value;
        for (int i = 0; i < operations; i++)
            Transfer.Check(HostIO.Preadv2(file, window, 0), layout.Bytes);
    }

    private void ReadByHandle(int operations)
    {
        BlockSequence window = layout.Window(_blocks);
        FileDescriptor file = _grounds!.File;
        for (int i = 0; i < operations; i++)
            Transfer.Check(HostIO.Preadv2(file, window, 0), layout.Bytes);
    }

    private void WriteByNumber(int operations)
    {
        BlockSequence window = layout.Window(_blocks);
        int file = _grounds!.File.Value;
        for (int i = 0; i < operations; i++)
            Transfer.Check(HostIO.Pwritev2(file, window, 0), layout.Bytes);
    }

    private void WriteByHandle(int operations)
    {
        BlockSequence window = layout.Window(_blocks);
        FileDescriptor file = _grounds!.File;
        for (int i = 0; i < operations; i++)
            Transfer.Check(HostIO.Pwritev2(file, window, 0), layout.Bytes);
    }
}
