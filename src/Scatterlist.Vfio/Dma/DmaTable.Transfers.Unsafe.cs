using System.Buffers;

namespace Scatterlist.Vfio;

public sealed unsafe partial class DmaTable
{
    private const int BounceBytes = 256 * 1024;

    [ThreadStatic]
    private static DmaTranslation? _source;

    [ThreadStatic]
    private static DmaTranslation? _destination;

    /// <summary>Reads a client's memory, as a device does.</summary>
    /// <returns>
    /// None; EFAULT for a hole or a missing permission (nothing is read), EINVAL for a range past the last address; the
    /// error of a client that is gone or does not answer.
    /// </returns>
    public Errno Read(IoAddress address, Span<byte> destination)
    {
        DmaTranslation translation = _source ??= new DmaTranslation();
        Errno errno = Translate(address, (ulong)destination.Length, DmaAccess.Read, translation);
        if (errno == Errno.EOPNOTSUPP)
            return ReadPieces(address.Value, destination);
        if (errno != Errno.None)
            return errno;
        try
        {
            foreach (Block block in translation.Blocks)
            {
                new ReadOnlySpan<byte>((void*)block.Address, (int)block.Length).CopyTo(destination);
                destination = destination[(int)block.Length..];
            }

            return Errno.None;
        }
        finally
        {
            translation.Release();
        }
    }

    /// <summary>
    /// Writes a client's memory, as a device does. Writes of one thread are seen in their order; one of 1, 2, 4 or 8
    /// aligned bytes is seen at once or not at all.
    /// </summary>
    /// <inheritdoc cref="Read"/>
    public Errno Write(IoAddress address, ReadOnlySpan<byte> source)
    {
        DmaTranslation translation = _destination ??= new DmaTranslation();
        Errno errno = Translate(address, (ulong)source.Length, DmaAccess.Write, translation);
        if (errno == Errno.EOPNOTSUPP)
            return WritePieces(address.Value, source);
        if (errno != Errno.None)
            return errno;
        try
        {
            Interlocked.MemoryBarrier();
            foreach (Block block in translation.Blocks)
            {
                var target = new Span<byte>((void*)block.Address, (int)block.Length);
                source[..target.Length].CopyTo(target);
                source = source[target.Length..];
            }

            return Errno.None;
        }
        finally
        {
            translation.Release();
        }
    }

    /// <summary>Copies within a client's memory, as a DMA engine does: by memory copies where it can.</summary>
    /// <param name="destination">Where to; the device must be allowed to write it.</param>
    /// <param name="source">Where from; the device must be allowed to read it.</param>
    /// <param name="length">Bytes.</param>
    /// <returns>As <see cref="Read"/>; a fault on either side touches nothing.</returns>
    public Errno Copy(IoAddress destination, IoAddress source, ulong length)
    {
        DmaTranslation from = _source ??= new DmaTranslation();
        DmaTranslation to = _destination ??= new DmaTranslation();
        try
        {
            Errno read = Translate(source, length, DmaAccess.Read, from);
            if (read is not (Errno.None or Errno.EOPNOTSUPP))
                return read;
            Errno write = Translate(destination, length, DmaAccess.Write, to);
            if (write is not (Errno.None or Errno.EOPNOTSUPP))
                return write;
            if (read == Errno.None && write == Errno.None)
            {
                Interlocked.MemoryBarrier();
                CopyBlocks(to.Blocks, from.Blocks);
                return Errno.None;
            }
        }
        finally
        {
            from.Release();
            to.Release();
        }

        return CopyPieces(destination, source, length);
    }

    private static void CopyBlocks(ReadOnlySpan<Block> to, ReadOnlySpan<Block> from)
    {
        int source = 0;
        nuint sourceOffset = 0;
        foreach (Block target in to)
        {
            nuint done = 0;
            while (done < target.Length)
            {
                Block block = from[source];
                nuint count = nuint.Min(target.Length - done, block.Length - sourceOffset);
                Buffer.MemoryCopy(
                    (byte*)block.Address + sourceOffset, (byte*)target.Address + done, count, count);
                done += count;
                sourceOffset += count;
                if (sourceOffset == block.Length)
                {
                    source++;
                    sourceOffset = 0;
                }
            }
        }
    }

    private Errno CopyPieces(IoAddress destination, IoAddress source, ulong length)
    {
        byte[] bounce = ArrayPool<byte>.Shared.Rent(BounceBytes);
        try
        {
            Errno errno = Errno.None;
            for (ulong done = 0; done < length && errno == Errno.None;)
            {
                Span<byte> piece = bounce.AsSpan(0, (int)Math.Min(length - done, BounceBytes));
                errno = Read(source + done, piece);
                if (errno == Errno.None)
                    errno = Write(destination + done, piece);
                done += (ulong)piece.Length;
            }

            return errno;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bounce);
        }
    }

    // Piece by piece and without a hold where another process does the work: a hold would make the client's own unmap
    // wait for an answer that the client gives after it.
    private Errno ReadPieces(ulong address, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            Errno errno = AcquirePiece(address, destination.Length, DmaAccess.Read, out Entry? entry, out int count);
            if (errno != Errno.None)
                return errno;
            try
            {
                if (entry!.IsDirect)
                    new ReadOnlySpan<byte>(At(entry, address), count).CopyTo(destination);
                else
                    errno = entry.Read(address, destination[..count]);
            }
            finally
            {
                Release(entry!);
            }

            if (errno != Errno.None)
                return errno;
            destination = destination[count..];
            address += (ulong)count;
        }

        return Errno.None;
    }

    private Errno WritePieces(ulong address, ReadOnlySpan<byte> source)
    {
        while (!source.IsEmpty)
        {
            Errno errno = AcquirePiece(address, source.Length, DmaAccess.Write, out Entry? entry, out int count);
            if (errno != Errno.None)
                return errno;
            try
            {
                if (entry!.IsDirect)
                    source[..count].CopyTo(new Span<byte>(At(entry, address), count));
                else
                    errno = entry.Write(address, source[..count]);
            }
            finally
            {
                Release(entry!);
            }

            if (errno != Errno.None)
                return errno;
            source = source[count..];
            address += (ulong)count;
        }

        return Errno.None;
    }

    private Errno AcquirePiece(ulong address, int wanted, DmaAccess access, out Entry? entry, out int count)
    {
        lock (_lock)
        {
            entry = null;
            count = 0;
            // All of the rest, so that what became a hole meanwhile stops the transfer before the next piece.
            Errno errno = Check(address, (ulong)wanted, access, out int index, out _);
            if (errno != Errno.None)
                return errno;
            entry = _entries[index];
            count = (int)Math.Min((ulong)wanted, entry.Last - address + 1);
            if (entry.Remote is null)
                entry.Acquire();
            return Errno.None;
        }
    }

    private static void Release(Entry entry)
    {
        if (entry.Remote is null)
            entry.Release();
    }

    private static void* At(Entry entry, ulong address) =>
        (byte*)entry.Memory.Address + (nuint)(address - entry.First);
}
