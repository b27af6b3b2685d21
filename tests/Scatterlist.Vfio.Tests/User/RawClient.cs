using System.Buffers.Binary;
using System.Text;
using Scatterlist.HostFd;

namespace Scatterlist.Vfio.Tests.User;

/// <summary>A client that sends whatever it is told to, so that a server can be tried with anything.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly UnixSocket _socket;
    private ushort _id;

    internal RawClient(string path, bool sayVersion = true)
    {
        _socket = UnixSocket.Connect(path, UnixSocketType.Stream);
        if (sayVersion)
            Assert.Equal(0u, Version(0, 1).Error);
    }

    internal ReceivedDescriptors Descriptors { get; } = new();

    internal Answer Version(ushort major, ushort minor, string? text = "{\"capabilities\":{\"max_msg_fds\":8}}")
    {
        var payload = new byte[4];
        BinaryPrimitives.WriteUInt16LittleEndian(payload, major);
        BinaryPrimitives.WriteUInt16LittleEndian(payload.AsSpan(2), minor);
        return Ask(1, text is null ? payload : [.. payload, .. Encoding.UTF8.GetBytes(text), 0]);
    }

    internal static byte[] Frame(ushort id, ushort command, uint flags, uint error, ReadOnlySpan<byte> payload)
    {
        var frame = new byte[16 + payload.Length];
        BinaryPrimitives.WriteUInt16LittleEndian(frame, id);
        BinaryPrimitives.WriteUInt16LittleEndian(frame.AsSpan(2), command);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(4), frame.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(8), flags);
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(12), error);
        payload.CopyTo(frame.AsSpan(16));
        return frame;
    }

    /// <summary>Numbers one after the other: uint as 4 bytes, ulong as 8, bytes as they are.</summary>
    internal static byte[] Pack(params object[] parts)
    {
        using var stream = new MemoryStream();
        foreach (object part in parts)
        {
            stream.Write(part switch
            {
                ushort value => BitConverter.GetBytes(value),
                uint value => BitConverter.GetBytes(value),
                ulong value => BitConverter.GetBytes(value),
                byte[] value => value,
                _ => throw new ArgumentException(part.GetType().Name),
            });
        }

        return stream.ToArray();
    }

    /// <summary>Sends bytes; false when the server is gone.</summary>
    internal bool Send(ReadOnlySpan<byte> bytes, params int[] descriptors)
    {
        while (!bytes.IsEmpty)
        {
            IoResult result = _socket.SendMsg(bytes, descriptors, MessageFlags.DontWait);
            if (result.Errno == Errno.EAGAIN)
            {
                if (!_socket.WaitWritable(TimeSpan.FromSeconds(20)))
                    return false;
                continue;
            }

            if (!result.IsSuccess)
                return false;
            bytes = bytes[(int)result.Bytes..];
            descriptors = [];
        }

        return true;
    }

    internal Answer Ask(ushort command, byte[] payload, params int[] descriptors)
    {
        ushort id = ++_id;
        Assert.True(Send(Frame(id, command, 0, 0, payload), descriptors));
        Answer? answer = Receive();
        Assert.NotNull(answer);
        Assert.Equal((id, command, 1u), (answer.Id, answer.Command, answer.Flags & 0xf));
        return answer;
    }

    /// <summary>The next message; null when the server has closed the connection.</summary>
    internal Answer? Receive()
    {
        var header = new byte[16];
        if (!Fill(header, Descriptors))
            return null;
        int length = BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(4));
        Assert.InRange(length, 16, 2 << 20);
        var payload = new byte[length - 16];
        Assert.True(Fill(payload, null));
        return new Answer(
            BinaryPrimitives.ReadUInt16LittleEndian(header),
            BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(2)),
            BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(8)),
            BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(12)),
            payload);
    }

    public void Dispose()
    {
        _socket.Dispose();
        Descriptors.Dispose();
    }

    private bool Fill(Span<byte> buffer, ReceivedDescriptors? descriptors)
    {
        while (!buffer.IsEmpty)
        {
            ReceiveResult result = _socket.RecvMsg(buffer, descriptors, MessageFlags.DontWait);
            if (result.Errno == Errno.EAGAIN)
            {
                Assert.True(_socket.WaitReadable(TimeSpan.FromSeconds(20)), "The server does not answer.");
                continue;
            }

            if (!result.IsSuccess || result.IsEndOfFile)
                return false;
            buffer = buffer[(int)result.Bytes..];
            descriptors = null;
        }

        return true;
    }

    internal sealed record Answer(ushort Id, ushort Command, uint Flags, uint Error, byte[] Payload);
}
