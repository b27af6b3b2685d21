namespace Scatterlist.Compare.Areas.HostFd;

/// <summary>What both sides of a comparison use: a file in memory and a piece of memory, every page of both written.</summary>
internal sealed class Grounds : IDisposable
{
    private readonly HostBuffer _file;
    private readonly HostBuffer _memory;
    private readonly BufferLease _lease;

    public Grounds(nuint fileLength, nuint memoryLength, HostBufferOptions? memoryOptions = null)
    {
        _file = HostBuffer.Allocate(fileLength, new HostBufferOptions { IsShareable = true });
        _memory = HostBuffer.Allocate(memoryLength, memoryOptions);
        _lease = _memory.Lease();

        // Pages that were never written read as the zero page, and faster than any file.
        Fill(_file, 0xa5);
        Fill(_memory, 0x5a);
    }

    /// <summary>The file: a memfd, so that no disk takes part.</summary>
    public FileDescriptor File => _file.Descriptor!;

    /// <summary>The memory.</summary>
    public Block Memory => _lease.Block;

    /// <inheritdoc/>
    public void Dispose()
    {
        _lease.Dispose();
        _memory.Dispose();
        _file.Dispose();
    }

    private static void Fill(HostBuffer buffer, byte value)
    {
        const int Piece = 1 << 20;
        for (nuint offset = 0; offset < buffer.Length; offset += Piece)
            buffer.AsSpan(offset, (int)nuint.Min(Piece, buffer.Length - offset)).Fill(value);
    }
}
