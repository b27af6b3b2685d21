using Scatterlist.HostFd;
using Scatterlist.Vrtd.Interop;

namespace Scatterlist.Vrtd.Client;

/// <summary>
/// Feeds a design to the daemon through a pipe, because the daemon says nothing until the card is written: what it has
/// taken out of the pipe is the only sign of life.
/// </summary>
/// <remarks>
/// The pipe is the kernel's own, with a write end that does not block: the BCL's stream over one cannot be disposed
/// while a write waits for room (it spins until the write has returned), so a daemon that stops reading would hold up a
/// cancellation for as long as it likes.
/// </remarks>
internal sealed class DesignFeed : IDisposable
{
    private const int PieceLength = 64 << 10;

    private readonly Stream _design;
    private readonly IProgress<ulong>? _progress;
    private readonly FileDescriptor _writeEnd;
    private readonly FileDescriptor _readEnd;

    public DesignFeed(Stream design, IProgress<ulong>? progress)
    {
        _design = design;
        _progress = progress;
        Errno errno = LibC.MakePipe(out int readEnd, out int writeEnd);
        if (errno != Errno.None)
            throw new ScatterlistException("pipe2(O_CLOEXEC)", errno, remedy: Remedies.OpenFiles);
        _readEnd = FileDescriptor.FromOwned(readEnd);
        _writeEnd = FileDescriptor.FromOwned(writeEnd);
    }

    /// <summary>Runs a request that is given the pipe, feeding it meanwhile.</summary>
    public async Task RunAsync(Action<FileDescriptor> request, CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<ulong> feeding = FeedAsync(stop.Token);
        try
        {
            await Task.Run(() => request(_readEnd), CancellationToken.None).ConfigureAwait(false);
        }
        catch
        {
            // The request's own failure is the one to report. A design's stream need not heed its token, so nobody
            // waits for the feeder: Dispose takes the pipe from under it.
            _ = feeding.ContinueWith(static task => task.Exception, TaskScheduler.Default);
            throw;
        }
        finally
        {
            _readEnd.Dispose();
            await stop.CancelAsync().ConfigureAwait(false);
        }

        try
        {
            ulong fed = await feeding.ConfigureAwait(false);
            _progress?.Report(fed);
        }
        catch (OperationCanceledException)
        {
            // The daemon answered without reading to the end: it has what it wanted.
        }
        catch (Exception failure)
        {
            throw new IOException("The design could not be read to its end, so the card has a part of it.", failure);
        }
    }

    /// <summary>
    /// Closes both ends on this side, whatever the feeder is at: the daemon sees the end of the pipe.
    /// </summary>
    public void Dispose()
    {
        _readEnd.Dispose();
        _writeEnd.Dispose();
    }

    private async Task<ulong> FeedAsync(CancellationToken cancellationToken)
    {
        byte[] piece = new byte[PieceLength];
        ulong fed = 0;
        try
        {
            while (true)
            {
                int count = await _design.ReadAsync(piece, cancellationToken).ConfigureAwait(false);
                if (count == 0)
                    return fed;

                // On a thread of the pool, because it may wait for room in the pipe.
                if (!await Task.Run(() => TryWrite(piece.AsSpan(0, count), cancellationToken), CancellationToken.None)
                    .ConfigureAwait(false))
                    return fed;
                fed += (ulong)count;
                Report(fed);
            }
        }
        finally
        {
            _writeEnd.Dispose(); // the daemon's end of file
        }
    }

    /// <returns>False when nobody reads any more.</returns>
    private bool TryWrite(ReadOnlySpan<byte> piece, CancellationToken cancellationToken)
    {
        while (!piece.IsEmpty)
        {
            IoResult written = HostIO.Pwritev2(_writeEnd, piece);
            piece = piece[(int)written.Bytes..];
            if (written.IsSuccess)
                continue;
            if (written.Errno != Errno.EAGAIN)
                return false;
            Errno errno = HostIO.WaitWritable(_writeEnd, Timeout.InfiniteTimeSpan, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            if (errno != Errno.None)
                throw new ScatterlistException("poll(POLLOUT) of the design's pipe", errno);
        }

        return true;
    }

    private void Report(ulong fed)
    {
        if (_progress is null)
            return;
        ulong waiting = (ulong)LibC.PendingBytes(_writeEnd);
        _progress.Report(fed - Math.Min(waiting, fed));
    }
}
