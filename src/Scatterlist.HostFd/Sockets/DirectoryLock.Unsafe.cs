using System.Diagnostics;
using System.Text;
using Scatterlist.HostFd.Interop;

namespace Scatterlist.HostFd;

/// <summary>
/// flock(2) on the directory of a socket file, so that two listeners that start at once do not each take the other's
/// fresh file for a stale one.
/// </summary>
internal sealed unsafe class DirectoryLock : IDisposable
{
    private const int Exclusive = 2;
    private const int NonBlocking = 4;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    private readonly FileDescriptor? _directory;

    private DirectoryLock(FileDescriptor? directory) => _directory = directory;

    /// <summary>
    /// Whether the lock is held. It is not where the directory cannot be read or somebody sits on its lock.
    /// </summary>
    internal bool IsHeld => _directory is not null;

    internal static DirectoryLock Take(string path)
    {
        string directory = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";
        int fd;
        fixed (byte* text = Encoding.UTF8.GetBytes(directory + '\0'))
            fd = LibC.OpenAt(LibC.AtFdCwd, text, LibC.OCloseOnExec, 0);
        if (fd < 0)
            return new DirectoryLock(null);

        FileDescriptor owned = FileDescriptor.FromOwned(fd);
        long start = Stopwatch.GetTimestamp();
        while (LibC.FLock(fd, Exclusive | NonBlocking) != 0)
        {
            if (Stopwatch.GetElapsedTime(start) > Limit)
            {
                owned.Dispose();
                return new DirectoryLock(null);
            }

            Thread.Sleep(1);
        }

        return new DirectoryLock(owned);
    }

    public void Dispose() => _directory?.Dispose();
}
