using System.Security.Cryptography;

namespace Scatterlist.Transfer;

/// <summary>Reads the destination back and compares it: with the source, or with the hash of what a stream gave.</summary>
internal static class Verification
{
    internal static void Run(
        Endpoint source, Endpoint destination, ulong length, byte[]? streamHash, CopyOptions options,
        CancellationToken cancellationToken)
    {
        using HostBuffer back = HostBuffer.Allocate((nuint)options.ChunkSize);
        using HostBuffer? origin = streamHash is null ? HostBuffer.Allocate((nuint)options.ChunkSize) : null;
        using IncrementalHash? running = streamHash is null
            ? null
            : IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (ulong offset = 0; offset < length; offset += (ulong)options.ChunkSize)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = (int)Math.Min((ulong)options.ChunkSize, length - offset);
            Span<byte> actual = back.AsSpan(0, count);
            CopyFailure.ThrowIfShort(
                destination.Read(offset, actual, cancellationToken), (ulong)count, "read back", destination, offset);
            if (origin is null)
            {
                running!.AppendData(actual);
                continue;
            }

            Span<byte> expected = origin.AsSpan(0, count);
            CopyFailure.ThrowIfShort(
                source.Read(offset, expected, cancellationToken), (ulong)count, "read", source, offset);
            int same = actual.CommonPrefixLength(expected);
            if (same != count)
                throw new VerificationException(source, destination, offset + (ulong)same);
        }

        if (running is not null && !running.GetHashAndReset().AsSpan().SequenceEqual(streamHash))
            throw new VerificationException(source, destination, offset: null);
    }
}
