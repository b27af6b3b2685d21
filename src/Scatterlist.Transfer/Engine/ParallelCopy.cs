namespace Scatterlist.Transfer;

/// <summary>Copies between seekable endpoints: each thread takes the next chunk, reads it and writes it.</summary>
internal sealed class ParallelCopy
{
    private readonly Endpoint _source;
    private readonly Endpoint _destination;
    private readonly ulong _length;
    private readonly int _chunkSize;
    private readonly IProgress<ulong>? _progress;
    private readonly CancellationToken _cancellationToken;
    private readonly Lock _progressLock = new();
    private readonly ulong[] _startOfChunk; // by thread: the chunk it works on, or the end when it has none
    private ulong _nextOffset;
    private ulong _copied;
    private Exception? _failure;

    private ParallelCopy(
        Endpoint source, Endpoint destination, ulong length, CopyOptions options, int threads, CancellationToken token)
    {
        _source = source;
        _destination = destination;
        _length = length;
        _chunkSize = options.ChunkSize;
        _progress = options.Progress;
        _cancellationToken = token;
        _startOfChunk = new ulong[threads];
        Array.Fill(_startOfChunk, length);
    }

    internal static ulong Run(
        Endpoint source, Endpoint destination, ulong length, CopyOptions options, CancellationToken cancellationToken)
    {
        ulong chunks = (length + (ulong)options.ChunkSize - 1) / (ulong)options.ChunkSize;
        int wanted = options.Depth == 0 ? Math.Min(Environment.ProcessorCount, 4) : options.Depth;
        int threads = (int)Math.Clamp(chunks, 1, (ulong)wanted);
        var copy = new ParallelCopy(source, destination, length, options, threads, cancellationToken);
        var others = new Thread[threads - 1];
        for (int i = 0; i < others.Length; i++)
        {
            int index = i + 1;
            others[i] = new Thread(() => copy.Work(index)) { IsBackground = true, Name = "scatterlist copy" };
            others[i].Start();
        }

        copy.Work(0);
        foreach (Thread other in others)
            other.Join();
        if (copy._failure is { } failure)
            throw copy.Explain(failure);
        cancellationToken.ThrowIfCancellationRequested();
        return length;
    }

    private void Work(int index)
    {
        try
        {
            using HostBuffer buffer = HostBuffer.Allocate((nuint)_chunkSize);
            Span<byte> whole = buffer.AsSpan();
            while (Volatile.Read(ref _failure) is null && !_cancellationToken.IsCancellationRequested)
            {
                ulong offset = Interlocked.Add(ref _nextOffset, (ulong)_chunkSize) - (ulong)_chunkSize;
                if (offset >= _length)
                    return;
                Volatile.Write(ref _startOfChunk[index], offset);
                Move(offset, whole[..(int)Math.Min((ulong)_chunkSize, _length - offset)]);
                Volatile.Write(ref _startOfChunk[index], _length);
            }
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            Interlocked.CompareExchange(ref _failure, exception, null);
        }
    }

    private void Move(ulong offset, Span<byte> chunk)
    {
        IoResult read = _source.Read(offset, chunk, _cancellationToken);
        CopyFailure.ThrowIfShort(read, (ulong)chunk.Length, "read", _source, offset);
        IoResult written = _destination.Write(offset, chunk, _cancellationToken);
        CopyFailure.ThrowIfShort(written, (ulong)chunk.Length, "write", _destination, offset);
        if (_progress is null)
            return;
        lock (_progressLock)
            _progress.Report(_copied += (ulong)chunk.Length);
    }

    // A chunk below the first unfinished one is whole at the destination, so that is how far the copy came.
    private Exception Explain(Exception failure)
    {
        ulong reached = Math.Min(_startOfChunk.Min(), Math.Min(_nextOffset, _length));
        return CopyFailure.Explain(failure, reached);
    }
}
