using Scatterlist.Compare.Harness;
using Scatterlist.HostFd;

namespace Scatterlist.Compare.Areas.HostFd;

/// <summary>The data paths of the library that no comparison takes.</summary>
internal sealed class HostFdDataPaths : IDisposable
{
    private const int Size = 4096;
    private const int Count = 1500; // more than one system call takes

    private static readonly BlockLayout Layout = new(Count, 64, 128);
    private readonly Grounds _grounds = new(Size * 64, Layout.Extent);
    private readonly HostBuffer _buffer = HostBuffer.Allocate(Size);
    private readonly UnixSocket _mine;
    private readonly UnixSocket _yours;
    private readonly ReceivedDescriptors _received = new(1);
    private readonly int[] _sent;
    private readonly byte[] _message = new byte[64];
    private readonly Block[] _blocks;

    public HostFdDataPaths()
    {
        (_mine, _yours) = UnixSocket.CreatePair(UnixSocketType.SeqPacket);
        _blocks = Layout.PlaceIn(_grounds.Memory);
        _sent = [_grounds.File.Value];
        All =
        [
            new("Preadv2 and Pwritev2 of a span", OverSpan),
            new("Preadv2 and Pwritev2 of a host buffer", OverBuffer),
            new("Preadv2 and Pwritev2 with a flag", WithFlag),
            new("ReadFully and WriteFully of 1500 blocks", Fully),
            new("DescriptorCursor", WithCursor),
            new("ReadWriterAt from its pool", WithReadWriterAt),
            new("SendMsg and RecvMsg", Messages),
            new("SendMsg and RecvMsg with a descriptor", MessagesWithDescriptor),
            new("SafeCopy of blocks that may fault", CopySafely),
        ];
    }

    public IReadOnlyList<DataPath> All { get; }

    public void Dispose()
    {
        _received.Dispose();
        _yours.Dispose();
        _mine.Dispose();
        _buffer.Dispose();
        _grounds.Dispose();
    }

    private void OverSpan(int operations)
    {
        for (int i = 0; i < operations; i++)
        {
            Transfer.Check(HostIO.Pwritev2(_grounds.File, _message.AsSpan(), 0), 64);
            Transfer.Check(HostIO.Preadv2(_grounds.File, _message.AsSpan(), 0), 64);
        }
    }

    private void OverBuffer(int operations)
    {
        for (int i = 0; i < operations; i++)
        {
            Transfer.Check(HostIO.Pwritev2(_grounds.File, _buffer, 0, Size, 0), Size);
            Transfer.Check(HostIO.Preadv2(_grounds.File, _buffer, 0, Size, 0), Size);
        }
    }

    private void WithFlag(int operations)
    {
        for (int i = 0; i < operations; i++)
        {
            var sequence = new BlockSequence(_blocks.AsSpan(0, 2));
            Transfer.Check(HostIO.Pwritev2(_grounds.File, sequence, 0, ReadWriteFlags.DSync), 128);
            Transfer.Check(HostIO.Preadv2(_grounds.File, sequence, 0, ReadWriteFlags.HiPri), 128);
        }
    }

    private void Fully(int operations)
    {
        for (int i = 0; i < operations; i++)
        {
            var sequence = new BlockSequence(_blocks);
            Transfer.Check(HostIO.WriteFully(_grounds.File, sequence, 0, out _), Layout.Bytes);
            Transfer.Check(HostIO.ReadFully(_grounds.File, sequence, 0, out _), Layout.Bytes);
        }
    }

    private void WithCursor(int operations)
    {
        for (int i = 0; i < operations; i++)
        {
            var cursor = new DescriptorCursor(_grounds.File.Value, 0);
            Transfer.Check(cursor.WriteFromBlocks(new BlockSequence(_blocks[0])), 64);
            Transfer.Check(cursor.ReadToBlocks(new BlockSequence(_blocks[0])), 64);
        }
    }

    private void WithReadWriterAt(int operations)
    {
        for (int i = 0; i < operations; i++)
        {
            ReadWriterAt cursor = ReadWriterAt.Get(_grounds.File, 0);
            Transfer.Check(cursor.WriteFromBlocks(new BlockSequence(_blocks[0])), 64);
            Transfer.Check(cursor.ReadToBlocks(new BlockSequence(_blocks[0])), 64);
            ReadWriterAt.Put(cursor);
        }
    }

    private void Messages(int operations)
    {
        for (int i = 0; i < operations; i++)
        {
            Transfer.Check(_mine.SendMsg(_message), 64);
            Transfer.Check(IoResult.Success(_yours.RecvMsg(_message).Bytes), 64);
        }
    }

    // The received descriptor is closed by the next receive, and never becomes an object.
    private void MessagesWithDescriptor(int operations)
    {
        for (int i = 0; i < operations; i++)
        {
            Transfer.Check(_mine.SendMsg(_message, _sent), 64);
            Transfer.Check(IoResult.Success(_yours.RecvMsg(_message, _received).Bytes), 64);
            Transfer.Check(IoResult.Success((ulong)_received.Count), 1);
        }
    }

    private void CopySafely(int operations)
    {
        for (int i = 0; i < operations; i++)
        {
            var source = new BlockSequence(_blocks.AsSpan(0, 8), mayFault: true);
            Transfer.Check(IoResult.Success(SafeCopy.CopyIn(_message, source).Bytes), 64);
            Transfer.Check(IoResult.Success(SafeCopy.Copy(source, new BlockSequence(_blocks[9])).Bytes), 64);
        }
    }
}
