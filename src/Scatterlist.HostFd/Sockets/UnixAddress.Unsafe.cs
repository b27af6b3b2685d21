using System.Text;

namespace Scatterlist.HostFd;

/// <summary><c>struct sockaddr_un</c> (unix(7)): the family, then up to 108 bytes of path.</summary>
internal unsafe struct UnixAddress
{
    internal const int MaxPathBytes = 107;

    private const int PathOffset = sizeof(ushort);

    private fixed byte _bytes[PathOffset + MaxPathBytes + 1];

    internal uint Length { get; private init; }

    internal static bool IsAbstract(string path) => path.StartsWith('\0');

    /// <summary>Makes the address of a path, or of an abstract name, which starts with a NUL character.</summary>
    internal static UnixAddress From(string operation, string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!IsAbstract(path) && path.Contains('\0', StringComparison.Ordinal))
            throw new ArgumentException("A path has no NUL inside; an abstract name starts with one.", nameof(path));
        int count = Encoding.UTF8.GetByteCount(path);
        if (count > MaxPathBytes)
        {
            throw new ScatterlistException(
                operation, Errno.ENAMETOOLONG,
                $"the path has {count} bytes as UTF-8, a UNIX socket's name has at most {MaxPathBytes} (unix(7))",
                "Use a shorter path, or one relative to the current directory.");
        }

        // An abstract name is as long as it says; a path ends with a NUL, which the zeroed buffer has.
        var address = new UnixAddress { Length = (uint)(PathOffset + count + (IsAbstract(path) ? 0 : 1)) };
        *(ushort*)address._bytes = Interop.LibC.AfUnix;
        Encoding.UTF8.GetBytes(path, new Span<byte>(address._bytes + PathOffset, MaxPathBytes));
        return address;
    }
}
