using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Scatterlist.HostFd;

/// <summary>
/// A block reader and writer on a host descriptor that starts at an offset and moves on with each call (gVisor's
/// <c>hostfd.ReadWriterAt</c>). Taken from a pool by <see cref="Get(int, long, ReadWriteFlags)"/> and given back by
/// <see cref="Put"/>, so that in the long run none is allocated.
/// </summary>
/// <remarks>
/// Prefer <see cref="HostIO"/>, or <see cref="DescriptorCursor"/>, where no interface is asked for. Not thread-safe.
/// Use
/// after <see cref="Put"/> throws, until the pool has handed the same object to somebody else.
/// </remarks>
public sealed class ReadWriterAt : IBlockReader, IBlockWriter
{
    // First in, first out: an object that was just given back is the last to be handed out again, so that a use after
    // Put is found out as often as can be.
    private static readonly ConcurrentQueue<ReadWriterAt> Pool = new();

    private DescriptorCursor _cursor;
    private SafeHandle? _held;
    private int _isInUse;

    private ReadWriterAt()
    {
    }

    /// <summary>Where the next call starts; always -1 when the descriptor's own offset is used.</summary>
    /// <exception cref="ObjectDisposedException">It was given back.</exception>
    public long Offset
    {
        get
        {
            ThrowIfReturned();
            return _cursor.Offset;
        }
    }

    /// <summary>Takes one from the pool.</summary>
    /// <param name="descriptor">The descriptor's number, which the caller keeps open until <see cref="Put"/>.</param>
    /// <param name="offset">Where in the file, or -1 for the descriptor's own offset.</param>
    /// <param name="flags">How each call is done.</param>
    public static ReadWriterAt Get(int descriptor, long offset = -1, ReadWriteFlags flags = ReadWriteFlags.None)
    {
        if (!Pool.TryDequeue(out ReadWriterAt? taken))
            taken = new ReadWriterAt();
        taken._cursor = new DescriptorCursor(descriptor, offset, flags);
        Volatile.Write(ref taken._isInUse, 1);
        return taken;
    }

    /// <summary>Takes one from the pool that holds the descriptor open until <see cref="Put"/>.</summary>
    /// <param name="descriptor">The descriptor.</param>
    /// <param name="offset">Where in the file, or -1 for the descriptor's own offset.</param>
    /// <param name="flags">How each call is done.</param>
    /// <exception cref="ObjectDisposedException"><paramref name="descriptor"/> is closed.</exception>
    public static ReadWriterAt Get(SafeHandle descriptor, long offset = -1, ReadWriteFlags flags = ReadWriteFlags.None)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        bool held = false;
        descriptor.DangerousAddRef(ref held);
        ReadWriterAt taken = Get((int)descriptor.DangerousGetHandle(), offset, flags);
        taken._held = descriptor;
        return taken;
    }

    /// <summary>Gives one back. It is not used any more.</summary>
    /// <exception cref="InvalidOperationException">It was given back before.</exception>
    public static void Put(ReadWriterAt readWriter)
    {
        ArgumentNullException.ThrowIfNull(readWriter);
        if (Interlocked.Exchange(ref readWriter._isInUse, 0) == 0)
            throw new InvalidOperationException("This ReadWriterAt was given back before.");
        SafeHandle? held = readWriter._held;
        readWriter._held = null;
        readWriter._cursor = new DescriptorCursor(-1);
        Pool.Enqueue(readWriter);
        held?.DangerousRelease();
    }

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">It was given back.</exception>
    public IoResult ReadToBlocks(in BlockSequence destination)
    {
        ThrowIfReturned();
        return _cursor.ReadToBlocks(in destination);
    }

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">It was given back.</exception>
    public IoResult WriteFromBlocks(in BlockSequence source)
    {
        ThrowIfReturned();
        return _cursor.WriteFromBlocks(in source);
    }

    private void ThrowIfReturned() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _isInUse) == 0, this);
}
