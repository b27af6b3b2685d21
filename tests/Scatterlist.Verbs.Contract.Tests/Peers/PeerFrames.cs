using System.Buffers.Binary;

namespace Scatterlist.Verbs.Contract.Tests.Peers;

/// <summary>Messages on a pipe: four bytes of length, then as many bytes.</summary>
internal static class PeerFrames
{
    /// <summary>No message of the suite is longer.</summary>
    internal const int MaxLength = 8 << 20;

    internal static void Write(Stream stream, byte[] message)
    {
        Span<byte> head = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(head, message.Length);
        stream.Write(head);
        stream.Write(message);
        stream.Flush();
    }

    /// <summary>The next message; null at the end of the stream, also inside of a message.</summary>
    internal static byte[]? Read(Stream stream)
    {
        Span<byte> head = stackalloc byte[4];
        if (stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length)
            return null;
        int length = BinaryPrimitives.ReadInt32LittleEndian(head);
        if (length is < 1 or > MaxLength)
            throw new InvalidDataException($"A message of {length} bytes.");
        byte[] message = new byte[length];
        return stream.ReadAtLeast(message, length, throwOnEndOfStream: false) < length ? null : message;
    }
}
