using Scatterlist.Compare.Harness;
using Scatterlist.Compare.Peers;
using Scatterlist.HostFd;

namespace Scatterlist.Compare.Areas.HostFd;

/// <summary>One 4 KiB block at offsets that walk through a file of 1 MiB, against pread(2) and pwrite(2).</summary>
internal sealed class OneBlockComparison(HostFdPeer peer, Direction direction, bool isSafeHandle) : Comparison
{
    private const int Size = 4096;
    private const ulong FileLength = 1 << 20;
    private const ulong OffsetMask = FileLength - 1;

    private Grounds? _grounds;

    public override string Name =>
        $"{(direction == Direction.Read ? "read" : "write")} 1 x 4 KiB, {(isSafeHandle ? "SafeHandle" : "raw descriptor")}";

    public override Unit Unit => Unit.Nanoseconds;

    public override Threshold Bar => Threshold.AtMostRatio(isSafeHandle ? 1.08 : 1.05);

    public override ulong BytesPerOperation => Size;

    public override IReadOnlyList<PeerWay> PeerWays => direction == Direction.Read
        ? [new PeerWay("C pread", n => peer.Pread(_grounds!.File.Value, _grounds.Memory, OffsetMask, n))]
        : [new PeerWay("C pwrite", n => peer.Pwrite(_grounds!.File.Value, _grounds.Memory, OffsetMask, n))];

    public override void Prepare() => _grounds = new Grounds((nuint)FileLength, Size);

    public override void RunOurs(int operations)
    {
        var sequence = new BlockSequence(_grounds!.Memory);
        FileDescriptor file = _grounds.File;
        ulong offset = 0;
        switch (direction, isSafeHandle)
        {
            case (Direction.Read, false):
                int readable = file.Value;
                for (int i = 0; i < operations; i++, offset += Size)
                    Transfer.Check(HostIO.Preadv2(readable, sequence, (long)(offset & OffsetMask)), Size);
                break;
            case (Direction.Read, true):
                for (int i = 0; i < operations; i++, offset += Size)
                    Transfer.Check(HostIO.Preadv2(file, sequence, (long)(offset & OffsetMask)), Size);
                break;
            case (Direction.Write, false):
                int writable = file.Value;
                for (int i = 0; i < operations; i++, offset += Size)
                    Transfer.Check(HostIO.Pwritev2(writable, sequence, (long)(offset & OffsetMask)), Size);
                break;
            default:
                for (int i = 0; i < operations; i++, offset += Size)
                    Transfer.Check(HostIO.Pwritev2(file, sequence, (long)(offset & OffsetMask)), Size);
                break;
        }
    }

    public override void Dispose() => _grounds?.Dispose();
}
