namespace Scatterlist.Vrtd;

/// <summary>A stream over device memory: a position, and transfers at it.</summary>
internal abstract class DeviceStream : Stream
{
    private long _position;
    private bool _isDisposed;

    public override bool CanSeek => IsOpen;

    public override long Position
    {
        get
        {
            ThrowIfClosed();
            return _position;
        }

        set
        {
            ThrowIfClosed();
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _position = value;
        }
    }

    /// <summary>Whether neither the stream nor what it views is closed.</summary>
    protected virtual bool IsOpen => !_isDisposed;

    public override int Read(Span<byte> buffer)
    {
        ThrowIfClosed();
        if (!CanRead)
            throw new NotSupportedException("This device memory cannot be read.");
        int count = ReadAt(_position, buffer);
        _position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        return Read(buffer.AsSpan(offset, count));
    }

    public override int ReadByte()
    {
        byte value = 0;
        return Read(new Span<byte>(ref value)) == 0 ? -1 : value;
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        ThrowIfClosed();
        if (!CanWrite)
            throw new NotSupportedException("This device memory cannot be written.");
        WriteAt(_position, buffer);
        _position += buffer.Length;
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        Write(buffer.AsSpan(offset, count));
    }

    public override void WriteByte(byte value) => Write(new ReadOnlySpan<byte>(in value));

    public override long Seek(long offset, SeekOrigin origin)
    {
        ThrowIfClosed();
        long start = origin switch
        {
            SeekOrigin.Begin => 0,
            SeekOrigin.Current => _position,
            SeekOrigin.End => Length,
            _ => throw new ArgumentOutOfRangeException(nameof(origin)),
        };
        long target;
        try
        {
            target = checked(start + offset);
        }
        catch (OverflowException)
        {
            target = -1;
        }

        if (target < 0)
            throw new IOException($"Seeking by {offset} from {origin} leads before the start.");
        return _position = target;
    }

    /// <summary>Does nothing: every write has reached the device when it returns.</summary>
    public override void Flush() => ThrowIfClosed();

    public override void SetLength(long value) =>
        throw new NotSupportedException("Device memory has the length it was allocated with.");

    protected abstract int ReadAt(long position, Span<byte> destination);

    protected abstract void WriteAt(long position, ReadOnlySpan<byte> source);

    protected void ThrowIfClosed() => ObjectDisposedException.ThrowIf(!IsOpen, this);

    protected override void Dispose(bool disposing)
    {
        _isDisposed = true;
        base.Dispose(disposing);
    }
}
