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
        var sequence = new BlockSequence(_grounds!.Memory);
        int file = _grounds.File.Value;
        ulong offset = 0;
        for (int i = 0; i < operations; i++, offset += Size)
            Transfer.Check(HostIO.Preadv2(file, sequence, (long)(offset & OffsetMask)), Size);
    }

    private void ReadByHandle(int operations)
    {
        var sequence = new BlockSequence(_grounds!.Memory);
        FileDescriptor file = _grounds.File;
        ulong offset = 0;
        for (int i = 0; i < operations; i++, offset += Size)
            Transfer.Check(HostIO.Preadv2(file, sequence, (long)(offset & OffsetMask)), Size);
    }

    private void WriteByNumber(int operations)
    {
        var sequence = new BlockSequence(_grounds!.Memory);
        int file = _grounds.File.Value;
        ulong offset = 0;
        for (int i = 0; i < operations; i++, offset += Size)
            Transfer.Check(HostIO.Pwritev2(file, sequence, (long)(offset & OffsetMask)), Size);
    }

    private void WriteByHandle(int operations)
    {
        var sequence = new BlockSequence(_grounds!.Memory);
        FileDescriptor file = _grounds.File;
        ulong offset = 0;
        for (int i = 0; i < operations; i++, offset += Size)
            Transfer.Check(HostIO.Pwritev2(file, sequence, (long)(offset & OffsetMask)), Size);
    }
}
