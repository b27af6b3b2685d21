using Scatterlist.HostFd;

namespace Scatterlist.Vfio.Tests.User;

/// <summary>A server that answers as a test tells it to, for one client.</summary>
internal sealed class RawServer : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly UnixSocket _listener;
    private readonly Task _run;
    private UnixSocket? _client;

    internal RawServer()
    {
        _listener = UnixSocket.Listen(Path, UnixSocketType.Stream);
        _run = Task.Run(Run);
    }

    internal string Path => _directory["raw"];

    /// <summary>What to answer to a command: the reply's payload, or null to say nothing at all.</summary>
    internal Dictionary<ushort, Func<byte[], byte[]?>> Answers { get; } = new()
    {
        [1] = _ => RawClient.Pack((ushort)0, (ushort)1),
        [4] = _ => RawClient.Pack(16u, 3u, 2u, 1u),
        [5] = payload => RawClient.Pack(32u, 3u, BitConverter.ToUInt32(payload, 8), 0u, 4096ul, 0ul),
        [7] = payload => RawClient.Pack(16u, 1u, BitConverter.ToUInt32(payload, 8), 1u),
        [2] = _ => [],
        [3] = payload => payload,
        [9] = payload => [.. payload, .. new byte[BitConverter.ToInt32(payload, 12)]],
        [10] = payload => payload[..16],
        [13] = _ => [],
    };

    /// <summary>A descriptor that goes with each answer about a region, or null.</summary>
    internal FileDescriptor? RegionMemory { get; set; }

    /// <summary>Changes a whole frame before it is sent.</summary>
    internal Func<byte[], byte[]> Twist { get; set; } = frame => frame;

    /// <summary>Commands that the client answered: id, flags, error, payload.</summary>
    internal System.Collections.Concurrent.BlockingCollection<(ushort Id, uint Flags, uint Error, byte[] Payload)>
        Replies { get; } = [];

    internal void Send(byte[] frame, params int[] descriptors)
    {
        Eventually.True(() => Volatile.Read(ref _client) is not null, "No client came.");
        lock (_listener)
            _client!.SendMsg(frame, descriptors);
    }

    internal void HangUp() => _client!.Shutdown(System.Net.Sockets.SocketShutdown.Both);

    public void Dispose()
    {
        _listener.Dispose();
        _client?.Dispose();
        try
        {
            _run.Wait(TimeSpan.FromSeconds(10));
        }
        catch (AggregateException)
        {
            // It was waiting when its socket went.
        }

        RegionMemory?.Dispose();
        Replies.Dispose();
        _directory.Dispose();
    }

    private void Run()
    {
        Volatile.Write(ref _client, _listener.Accept());
        var header = new byte[16];
        while (Fill(header))
        {
            var payload = new byte[BitConverter.ToInt32(header, 4) - 16];
            if (!Fill(payload))
                return;
            var command = BitConverter.ToUInt16(header, 2);
            uint flags = BitConverter.ToUInt32(header, 8);
            if ((flags & 0xf) == 1)
            {
                Replies.Add((BitConverter.ToUInt16(header, 0), flags, BitConverter.ToUInt32(header, 12), payload));
                continue;
            }

            if (!Answers.TryGetValue(command, out Func<byte[], byte[]?>? answer) || answer(payload) is not { } reply)
                continue;
            byte[] frame = Twist(RawClient.Frame(BitConverter.ToUInt16(header, 0), command, 1, 0, reply));
            Send(frame, command == 5 && RegionMemory is { } memory ? [memory.Value] : []);
        }
    }

    private bool Fill(Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            ReceiveResult result = _client!.RecvMsg(buffer);
            if (!result.IsSuccess || result.IsEndOfFile)
                return false;
            buffer = buffer[(int)result.Bytes..];
        }

        return true;
    }
}
