using Scatterlist.HostFd;

namespace Scatterlist.Vfio.Tests.User;

/// <summary>How messages and their descriptors are told apart in a stream.</summary>
public sealed class MessageReaderTests : IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private readonly UnixSocket _peer;
    private readonly UnixSocket _socket;
    private readonly MessageReader _reader;
    private readonly Message _message = new();

    public MessageReaderTests()
    {
        (_peer, _socket) = UnixSocket.CreatePair(UnixSocketType.Stream);
        _reader = new MessageReader(_socket, Soon, TimeSpan.FromMicroseconds(50));
    }

    public void Dispose()
    {
        _message.Dispose();
        _reader.Dispose();
        _socket.Dispose();
        _peer.Dispose();
    }

    [Fact]
    public void Messages_are_cut_apart_however_they_come() => SeededRandom.Run(30, random =>
    {
        byte[][] payloads = [.. Enumerable.Range(0, random.Next(1, 40)).Select(_ =>
        {
            var payload = new byte[random.Next(8) == 0 ? random.Next(70_000) : random.Next(100)];
            random.NextBytes(payload);
            return payload;
        })];
        byte[] all = [.. payloads.SelectMany((payload, i) => RawClient.Frame((ushort)i, 9, 0x10, 7, payload))];
        Task send = Task.Run(() =>
        {
            ReadOnlySpan<byte> rest = all;
            while (!rest.IsEmpty)
            {
                int length = Math.Min(rest.Length, random.Next(1, random.Next(2) == 0 ? 40 : 5000));
                Send(rest[..length]);
                rest = rest[length..];
            }
        });
        for (int i = 0; i < payloads.Length; i++)
        {
            Receive();
            Assert.Equal((i, 9, 0x10u, 7), (_message.Id, (int)_message.Command, _message.Flags, (int)_message.Error));
            Assert.True(_message.Payload.SequenceEqual(payloads[i]), $"Message {i} is another.");
            Assert.False(_message.HasLostDescriptors);
        }

        send.GetAwaiter().GetResult();
        Assert.Equal(Errno.ETIMEDOUT, _reader.Receive(_message, TimeSpan.Zero));
    });

    [Theory]
    [InlineData("-a-")]
    [InlineData("ab")]
    [InlineData("--ab-a")]
    [InlineData("a--b")]
    public void Descriptors_go_to_the_message_that_they_came_with(string messages)
    {
        using FileDescriptor a = Native.MemFd(4096);
        using FileDescriptor b = Native.MemFd(4096);
        FileDescriptor? Of(char message) => message == 'a' ? a : message == 'b' ? b : null;
        for (int i = 0; i < messages.Length; i++)
        {
            byte[] frame = RawClient.Frame((ushort)i, 2, 0, 0, new byte[32]);
            Send(frame, Of(messages[i]) is { } sent ? [sent.Value] : []);
        }

        for (int i = 0; i < messages.Length; i++)
        {
            Receive();
            Assert.Equal(i, _message.Id);
            Assert.False(_message.HasLostDescriptors);
            Assert.Equal(messages[i] == '-' ? 0 : 1, _message.Descriptors.Count);
            if (Of(messages[i]) is not { } expected)
                continue;
            using FileDescriptor got = _message.Descriptors.Take(0);
            Assert.True(FileStatus.Of(got).IsSameFileAs(FileStatus.Of(expected)));
        }
    }

    [Fact]
    public void Descriptors_of_a_message_in_two_parts_are_those_of_the_first()
    {
        using FileDescriptor file = Native.MemFd(4096);
        byte[] frame = RawClient.Frame(1, 2, 0, 0, new byte[32]);
        Send(RawClient.Frame(0, 13, 0, 0, []));
        Send(frame.AsSpan(0, 16), file.Value);
        Send(frame.AsSpan(16));
        Receive();
        Assert.Equal(0, _message.Descriptors.Count);
        Receive();
        Assert.Equal((1, false), (_message.Descriptors.Count, _message.HasLostDescriptors));
    }

    // The reader's first look ends with the first part; what comes later cannot be told from another message's.
    [Theory]
    [InlineData(MessageReader.AheadBytes - 8, 8)]
    [InlineData(MessageReader.AheadBytes - 20, 20)]
    [InlineData(0, MessageReader.AheadBytes)]
    public void Descriptors_that_come_with_a_later_part_are_lost(int before, int part)
    {
        using FileDescriptor file = Native.MemFd(4096);
        byte[] first = before == 0 ? [] : RawClient.Frame(0, 10, 0, 0, new byte[before - 16]);
        byte[] frame = RawClient.Frame(1, 2, 0, 0, new byte[2000]);
        Send([.. first, .. frame.AsSpan(0, part)]);
        Send(frame.AsSpan(part), file.Value);
        if (before != 0)
        {
            Receive();
            Assert.False(_message.HasLostDescriptors);
        }

        Receive();
        Assert.Equal((1, 0, true), (_message.Id, _message.Descriptors.Count, _message.HasLostDescriptors));
        Send(RawClient.Frame(2, 2, 0, 0, new byte[32]), file.Value);
        Receive();
        Assert.Equal((2, 1, false), (_message.Id, _message.Descriptors.Count, _message.HasLostDescriptors));
    }

    [Fact]
    public void Too_many_descriptors_are_the_fault_of_their_message_alone()
    {
        using FileDescriptor file = Native.MemFd(4096);
        Send(RawClient.Frame(0, 2, 0, 0, new byte[32]));
        Send(RawClient.Frame(1, 2, 0, 0, new byte[32]), [.. Enumerable.Repeat(file.Value, UserWire.MaxDescriptors + 1)]);
        Send(RawClient.Frame(2, 2, 0, 0, new byte[32]));
        foreach (bool isLost in new[] { false, true, false })
        {
            Receive();
            Assert.Equal(isLost, _message.HasLostDescriptors);
        }
    }

    [Fact]
    public void Descriptors_of_a_message_that_nobody_received_are_closed()
    {
        using HostBuffer memory = HostBuffer.Allocate(
            4096, new HostBufferOptions { IsShareable = true, Name = "sgl-reader" });
        FdCounter open = FdCounter.Start("sgl-reader");
        Send(RawClient.Frame(0, 2, 0, 0, new byte[32]));
        Send(RawClient.Frame(1, 2, 0, 0, new byte[32]), memory.Descriptor!.Value);
        Receive();
        Assert.Single(open.GetNew());
        _reader.Dispose();
        Assert.Empty(open.GetNew());
    }

    [Theory]
    [InlineData(0, Errno.ECONNRESET)]
    [InlineData(1, Errno.EPROTO)]
    [InlineData(15, Errno.EPROTO)]
    [InlineData(16, Errno.EPROTO)]
    [InlineData(47, Errno.EPROTO)]
    public void A_stream_ends_between_messages_or_in_one(int sent, Errno expected)
    {
        Send(RawClient.Frame(0, 13, 0, 0, []));
        Send(RawClient.Frame(1, 2, 0, 0, new byte[32]).AsSpan(0, sent));
        _peer.Dispose();
        Receive();
        Assert.Equal(expected, _reader.Receive(_message, Soon));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(47)]
    public void A_message_that_stops_is_given_up(int sent)
    {
        using var reader = new MessageReader(_socket, TimeSpan.FromMilliseconds(50), TimeSpan.Zero);
        Send(RawClient.Frame(1, 2, 0, 0, new byte[32]).AsSpan(0, sent));
        Assert.Equal(Errno.EPROTO, reader.Receive(_message, Timeout.InfiniteTimeSpan));
    }

    private void Send(ReadOnlySpan<byte> bytes, params int[] descriptors)
    {
        while (!bytes.IsEmpty)
        {
            IoResult result = _peer.SendMsg(bytes, descriptors);
            Assert.Equal(Errno.None, result.Errno);
            bytes = bytes[(int)result.Bytes..];
            descriptors = [];
        }
    }

    private void Receive()
    {
        _message.Clear();
        Assert.Equal(Errno.None, _reader.Receive(_message, Soon));
    }
}
