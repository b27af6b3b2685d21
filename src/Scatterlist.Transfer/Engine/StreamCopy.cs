using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Scatterlist.Transfer;

/// <summary>Copies front to back: one thread reads ahead into a ring of buffers, the caller's writes them in order.</summary>
internal static class StreamCopy
{
    internal static ulong Run(
        Endpoint source, Endpoint destination, ulong? length, CopyOptions options, CancellationToken cancellationToken,
        out byte[]? hash)
    {
        int depth = Math.Max(2, options.Depth == 0 ? 4 : options.Depth);
        using IncrementalHash? running = options.IsVerified && !source.CanSeek
            ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256)
            : null;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var free = new BlockingCollection<HostBuffer>();
        using var full = new BlockingCollection<(HostBuffer Buffer, int Count)>();
        var buffers = new List<HostBuffer>();
        Exception? readFailure = null;
        var reader = new Thread(() => readFailure = ReadAhead(source, length, options, free, full, stop.Token))
        {
            IsBackground = true,
            Name = "scatterlist read ahead",
        };
        ulong written = 0;
        try
        {
            for (int i = 0; i < depth; i++)
            {
                buffers.Add(HostBuffer.Allocate((nuint)options.ChunkSize));
                free.Add(buffers[i], CancellationToken.None);
            }

            reader.Start();
            foreach ((HostBuffer buffer, int count) in full.GetConsumingEnumerable(stop.Token))
            {
                Span<byte> chunk = buffer.AsSpan(0, count);
                running?.AppendData(chunk);
                IoResult result = destination.Write(written, chunk, cancellationToken);
                written += result.Bytes;
                CopyFailure.ThrowIfShort(result, (ulong)count, "write", destination, written - result.Bytes);
                options.Progress?.Report(written);
                free.Add(buffer, CancellationToken.None);
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            throw CopyFailure.Explain(exception, written);
        }
        finally
        {
            stop.Cancel();
            if (reader.ThreadState != ThreadState.Unstarted)
                reader.Join();
            foreach (HostBuffer buffer in buffers)
                buffer.Dispose();
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (readFailure is not null)
            throw CopyFailure.Explain(readFailure, written);
        hash = running?.GetHashAndReset();
        return written;
    }

    private static Exception? ReadAhead(
        Endpoint source, ulong? length, CopyOptions options, BlockingCollection<HostBuffer> free,
        BlockingCollection<(HostBuffer Buffer, int Count)> full, CancellationToken stop)
    {
        try
        {
            for (ulong offset = 0; length is null || offset < length;)
            {
                HostBuffer buffer = free.Take(stop);
                ulong left = (length ?? ulong.MaxValue) - offset;
                Span<byte> chunk = buffer.AsSpan(0, (int)Math.Min((ulong)options.ChunkSize, left));
                IoResult result = source.Read(offset, chunk, stop);
                // What was read before an error is still delivered: progress is never lost.
                if (result.Bytes != 0)
                    full.Add((buffer, (int)result.Bytes), stop);
                if (!result.IsSuccess || (length is not null && result.Bytes < (ulong)chunk.Length))
                    CopyFailure.ThrowIfShort(result, (ulong)chunk.Length, "read", source, offset);
                offset += result.Bytes;
                if (result.Bytes < (ulong)chunk.Length)
                    break;
            }

            return null;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return exception;
        }
        finally
        {
            full.CompleteAdding();
        }
    }
}
