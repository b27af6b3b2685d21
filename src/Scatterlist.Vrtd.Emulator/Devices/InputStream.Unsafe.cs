using Scatterlist.Vrtd.Emulator.Interop;

namespace Scatterlist.Vrtd.Emulator;

/// <summary>
/// Reads a descriptor that a client sent, of whatever kind: a file, a pipe that is slow, one that never ends. Waits
/// end when the daemon stops, and when the client who waits for it is gone.
/// </summary>
internal static class InputStream
{
    private const int PollMilliseconds = 20;

    /// <summary>The length of a file in bytes; 0 for what has none.</summary>
    internal static unsafe ulong LengthOf(FileDescriptor input)
    {
        StatX stat;
        byte empty = 0;
        return LibC.StatX(input.Value, &empty, LibC.AtEmptyPath, LibC.StatxSize, &stat) == 0 ? stat.Size : 0;
    }

    /// <summary>Reads up to a buffer's length from the descriptor's position; 0 bytes is the end.</summary>
    /// <param name="input">What to read.</param>
    /// <param name="buffer">Where to.</param>
    /// <param name="waiting">The connection of the client who waits, or null when nobody does.</param>
    /// <param name="stopping">Cancelled when the daemon stops.</param>
    internal static IoResult Read(
        FileDescriptor input, Span<byte> buffer, FileDescriptor? waiting, CancellationToken stopping)
    {
        while (true)
        {
            if (stopping.IsCancellationRequested)
                return IoResult.Failure(Errno.ECANCELED);
            Errno errno = WaitAndRead(input.Value, waiting?.Value ?? -1, buffer, out int read);
            if (errno == Errno.None)
                return read == 0 ? IoResult.EndOfFile() : IoResult.Success((ulong)read);
            if (errno is not (Errno.EAGAIN or Errno.EINTR))
                return IoResult.Failure(errno);
        }
    }

    private static unsafe Errno WaitAndRead(int fd, int connection, Span<byte> buffer, out int read)
    {
        read = 0;
        PollFd* entries = stackalloc PollFd[2];
        entries[0] = new PollFd { Fd = fd, Events = LibC.PollIn };
        entries[1] = new PollFd { Fd = connection }; // a hang-up is always told; a negative number is skipped
        if (LibC.Poll(entries, 2, PollMilliseconds) < 0)
            return LibC.LastError();
        if ((entries[1].ReturnedEvents & LibC.PollHup) != 0)
            return Errno.ECANCELED;
        if (entries[0].ReturnedEvents == 0)
        {
            // Never ready is what a descriptor that is not open for reading is; an empty read tells (EBADF).
            byte nothing;
            return LibC.Read(fd, &nothing, 0) < 0 ? LibC.LastError() : Errno.EAGAIN;
        }

        fixed (byte* target = buffer)
        {
            nint count = LibC.Read(fd, target, (nuint)buffer.Length);
            if (count < 0)
                return LibC.LastError();
            read = (int)count;
            return Errno.None;
        }
    }
}
