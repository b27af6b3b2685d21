// A record of three pieces that lie apart in memory goes to a file in one call, and is on stable storage when it returns.
using Scatterlist;
using Scatterlist.HostFd;

string path = Path.GetTempFileName();
using HostBuffer buffer = HostBuffer.Allocate(3 * 4096);
for (int piece = 0; piece < 3; piece++)
    buffer.AsSpan((nuint)piece * 4096, 100).Fill((byte)('a' + piece));

using FileDescriptor file = HostFile.Open(path, OpenFlags.ReadWrite);
using BufferLease pages = buffer.Lease();
Block[] pieces =
[
    pages.Block.Slice(0, 100),
    pages.Block.Slice(4096, 100),
    pages.Block.Slice(8192, 100),
];
IoResult written = HostIO.Pwritev2(file, new BlockSequence(pieces), offset: 0, ReadWriteFlags.DSync);
Console.WriteLine($"written: {written}");

// The way back, into a window: 10 bytes into the first piece, 200 bytes in all.
buffer.Zero();
BlockSequence window = new BlockSequence(pieces).DropFirst(10).TakeFirst(200);
IoResult read = HostIO.Preadv2(file, window, offset: 10);
Console.WriteLine($"read:    {read}, {window.BlockCount} blocks, the first {window.Head.Length} bytes long");

bool right = written == IoResult.Success(300) && read == IoResult.Success(200)
    && buffer.AsSpan(9, 2).SequenceEqual("\0a"u8) && buffer.AsSpan(4096, 1)[0] == 'b';
File.Delete(path);
return right ? 0 : 1;
