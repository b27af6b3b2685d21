using Scatterlist.Vrtd.Emulator.Interop;

namespace Scatterlist.Vrtd.Emulator;

/// <summary>
/// Reads a descriptor that a client sent, of whatever kind: a file, a pipe that is slow, one that never ends. Waits
/// end when the daemon stops.
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
    internal static IoResult Read(FileDescriptor input, Span<byte> buffer, CancellationToken stopping)
    {
        while (true)
        {
            if (stopping.IsCancellationRequested)
                return IoResult.Failure(Errno.ECANCELED);
            Errno errno = WaitAndRead(input.Value, buffer, out int read);
            if (errno == Errno.None)
                return read == 0 ? IoResult.EndOfFile() : IoResult.Success((ulong)read);
            if (errno is not (Errno.EAGAIN or Errno.EINTR))
                return IoResult.Failure(errno);
        }
    }

    private static unsafe Errno WaitAndRead(int fd, Span<byte> buffer, out int read)
    {
        read = 0;
        PollFd entry = new() { Fd = fd, Events = LibC.PollIn };
        int ready = LibC.Poll(&entry, 1, PollMilliseconds);
        if (ready < 0)
            return LibC.LastError();
        if (ready == 0)
            return Errno.EAGAIN;
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
