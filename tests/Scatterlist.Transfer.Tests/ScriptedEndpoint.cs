using Scatterlist.Transfer;

namespace Scatterlist.Transfer.Tests;

/// <summary>An endpoint over an array whose behaviour a test scripts: pieces, failures, blocking.</summary>
internal sealed class ScriptedEndpoint(byte[] bytes) : Endpoint
{
    private int _position;

    internal byte[] Bytes { get; } = bytes;

    internal bool Seekable { get; init; } = true;

    internal bool Readable { get; init; } = true;

    internal bool Writable { get; init; } = true;

    internal bool LengthKnown { get; init; } = true;

    /// <summary>Reads that start here or reach past it fail, after the bytes before it.</summary>
    internal ulong ReadFailsAt { get; init; } = ulong.MaxValue;

    /// <summary>Writes that reach past it fail, after the bytes before it.</summary>
    internal ulong WriteFailsAt { get; init; } = ulong.MaxValue;

    /// <summary>Changes this byte as it is written.</summary>
    internal long CorruptsAt { get; init; } = -1;

    /// <summary>Runs before each write, with its offset.</summary>
    internal Action<ulong>? BeforeWrite { get; init; }

    internal ulong? Prepared { get; private set; }

    internal ulong? Completed { get; private set; }

    internal int LargestRequest { get; private set; }

    public override string Name => "scripted";

    public override bool CanRead => Readable;

    public override bool CanWrite => Writable;

    public override bool CanSeek => Seekable;

    public override ulong? Length => LengthKnown ? (ulong)Bytes.Length : null;

    public override ulong? Capacity => Seekable ? (ulong)Bytes.Length : null;

    public override void Prepare(ulong? total) => Prepared = total;

    public override void Complete(ulong total) => Completed = total;

    public override IoResult Read(ulong offset, Span<byte> destination, CancellationToken cancellationToken = default)
    {
        LargestRequest = Math.Max(LargestRequest, destination.Length);
        ulong from = Seekable ? offset : (ulong)_position;
        int count = (int)Math.Min((ulong)destination.Length, (ulong)Bytes.Length - Math.Min(from, (ulong)Bytes.Length));
        if (from + (ulong)count > ReadFailsAt)
        {
            count = (int)(ReadFailsAt - Math.Min(from, ReadFailsAt));
            Bytes.AsSpan((int)from, count).CopyTo(destination);
            return IoResult.Failure(Errno.EIO, (ulong)count);
        }

        Bytes.AsSpan((int)from, count).CopyTo(destination);
        _position = (int)from + count;
        return count == 0 ? IoResult.EndOfFile() : IoResult.Success((ulong)count);
    }

    public override IoResult Write(
        ulong offset, ReadOnlySpan<byte> source, CancellationToken cancellationToken = default)
    {
        BeforeWrite?.Invoke(offset);
        if (offset + (ulong)source.Length > WriteFailsAt)
        {
            int fits = (int)(WriteFailsAt - Math.Min(offset, WriteFailsAt));
            source[..fits].CopyTo(Bytes.AsSpan((int)offset));
            return IoResult.Failure(Errno.ENOSPC, (ulong)fits);
        }

        source.CopyTo(Bytes.AsSpan((int)offset));
        if (CorruptsAt >= (long)offset && CorruptsAt < (long)offset + source.Length)
            Bytes[CorruptsAt] ^= 0x40;
        return IoResult.Success((ulong)source.Length);
    }

    internal static byte[] RandomBytes(int length, int seed = 7)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
