using Scatterlist.HostFd;

namespace Scatterlist.Transfer;

/// <summary>A file, a block device, a pipe, a terminal or a socket as an endpoint.</summary>
public sealed class FileEndpoint : Endpoint
{
    private readonly FileDescriptor _descriptor;
    private readonly FileStatus _status;
    private readonly bool _isRead;
    private readonly bool _isShared;
    private bool _refusesNoWait;

    private FileEndpoint(FileDescriptor descriptor, string name, bool isRead, bool isShared)
    {
        _descriptor = descriptor;
        _status = FileStatus.Of(descriptor);
        _isRead = isRead;
        _isShared = isShared;
        Name = name;
        if (_status.Kind == DescriptorKind.Directory)
            throw new ScatterlistException($"copy of {name}", Errno.EISDIR, remedy: "Name a file in it.");
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override bool CanRead => _status.IsReadable;

    /// <inheritdoc/>
    public override bool CanWrite => _status.IsWritable;

    /// <summary>
    /// Regular files and block devices that we opened. A descriptor that we were given goes on where it stands, so that
    /// <c>(head; sgl cp - x) &lt; file</c> does what it says; and files of /proc, whose size is 0, are read as streams.
    /// </summary>
    public override bool CanSeek => HasOffsets && !_isShared && !(_isRead && _status.Size == 0);

    /// <inheritdoc/>
    public override ulong? Length => CanSeek && _isRead ? _status.Size : null;

    private bool HasOffsets => _status.Kind is DescriptorKind.RegularFile or DescriptorKind.BlockDevice;

    /// <summary>Opens a file to copy from.</summary>
    /// <param name="path">The file, or <c>-</c> for standard input.</param>
    /// <exception cref="ScatterlistException">It cannot be opened, or is a directory.</exception>
    public static FileEndpoint OpenSource(string path) => Open(path, isRead: true, standard: 0, OpenFlags.ReadOnly);

    /// <summary>
    /// Opens a file to copy to, and makes it where there is none (mode 0666 less the umask). What it held is gone when
    /// the copy starts, unless it is the source.
    /// </summary>
    /// <param name="path">The file, or <c>-</c> for standard output.</param>
    /// <exception cref="ScatterlistException">It cannot be opened, or is a directory.</exception>
    public static FileEndpoint OpenDestination(string path)
    {
        FileEndpoint endpoint = Open(path, isRead: false, standard: 1, OpenFlags.WriteOnly | OpenFlags.Create);
        if (!endpoint.CanSeek)
            return endpoint; // a pipe that is open for reading too would never tell that its reader is gone
        try
        {
            // To be verified the copy must be read back; who may write and not read can still copy.
            FileEndpoint readable = Open(path, isRead: false, standard: 1, OpenFlags.ReadWrite);
            if (readable._status.IsSameFileAs(endpoint._status))
            {
                endpoint.Dispose();
                return readable;
            }

            readable.Dispose();
        }
        catch (ScatterlistException)
        {
        }

        return endpoint;
    }

    /// <summary>Whether both are the same regular file, under whatever names.</summary>
    public bool IsSameFileAs(FileEndpoint other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return _status.Kind == DescriptorKind.RegularFile && _status.IsSameFileAs(other._status);
    }

    /// <inheritdoc/>
    public override void Prepare(ulong? total)
    {
        if (_status.Kind == DescriptorKind.RegularFile && !_isShared)
            HostFile.SetLength(_descriptor, 0);
    }

    /// <inheritdoc/>
    public override IoResult Read(
        ulong offset, Span<byte> destination, CancellationToken cancellationToken = default)
    {
        if (CanSeek)
            return HostIO.ReadFully(_descriptor, destination, (long)offset, out _);
        ulong done = 0;
        while (!destination.IsEmpty)
        {
            Errno errno = HasOffsets
                ? Errno.None
                : HostIO.WaitReadable(_descriptor, Timeout.InfiniteTimeSpan, cancellationToken);
            if (errno != Errno.None)
                return IoResult.Failure(errno, done);
            IoResult result = HostIO.Preadv2(_descriptor, destination);
            done += result.Bytes;
            if (!result.IsSuccess && result.Errno != Errno.EAGAIN)
                return IoResult.Failure(result.Errno, done);
            if (result.IsEndOfFile)
                return IoResult.EndOfFile(done);
            destination = destination[(int)result.Bytes..];
        }

        return IoResult.Success(done);
    }

    /// <inheritdoc/>
    public override IoResult Write(
        ulong offset, ReadOnlySpan<byte> source, CancellationToken cancellationToken = default)
    {
        if (HasOffsets)
            return HostIO.WriteFully(_descriptor, source, CanSeek ? (long)offset : -1, out _);
        ulong done = 0;
        while (!source.IsEmpty)
        {
            Errno errno = HostIO.WaitWritable(_descriptor, Timeout.InfiniteTimeSpan, cancellationToken);
            if (errno != Errno.None)
                return IoResult.Failure(errno, done);
            IoResult result = WriteWhatFits(source);
            done += result.Bytes;
            if (!result.IsSuccess && result.Errno != Errno.EAGAIN)
                return IoResult.Failure(result.Errno, done);
            source = source[(int)result.Bytes..];
        }

        return IoResult.Success(done);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _descriptor.Dispose();
        base.Dispose(disposing);
    }

    // A blocking write of more than fits cannot be interrupted by a cancellation, so it is never made: RWF_NOWAIT where
    // it is known (pipes, sockets), and elsewhere the bytes that a writable descriptor takes at least (PIPE_BUF).
    private IoResult WriteWhatFits(ReadOnlySpan<byte> source)
    {
        const int SurelyFits = 4096;
        if (!_refusesNoWait)
        {
            IoResult result = HostIO.Pwritev2(_descriptor, source, -1, ReadWriteFlags.NoWait);
            if (result.Errno != Errno.EOPNOTSUPP)
                return result;
            _refusesNoWait = true;
        }

        return HostIO.Pwritev2(_descriptor, source[..Math.Min(source.Length, SurelyFits)]);
    }

    private static FileEndpoint Open(string path, bool isRead, int standard, OpenFlags flags)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        bool isShared = path == "-";
        FileDescriptor descriptor = isShared
            ? FileDescriptor.DuplicateOf(standard)
            : HostFile.Open(path, flags, (UnixFileMode)0x1b6);
        try
        {
            return new FileEndpoint(
                descriptor, isShared ? isRead ? "standard input" : "standard output" : path, isRead, isShared);
        }
        catch
        {
            descriptor.Dispose();
            throw;
        }
    }
}
