using System.Buffers.Binary;
using Scatterlist.HostFd;

namespace Scatterlist.Vrtd.DataPath;

/// <summary>
/// The same calls as datagrams to a system emulation, which hands out a socket where the driver hands out a device file
/// (wire specification, section 7.5). Once the peer breaks the rules or goes away, every call fails with ENODEV.
/// </summary>
internal sealed class SocketTransferChannel(UnixSocket socket) : TransferChannel, IDisposable
{
    private const int HeaderSize = 16;
    private const int MaxMessage = HeaderSize + TransferMessage.TransferSize;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly byte[] _message = new byte[MaxMessage];
    private readonly byte[] _reply = new byte[MaxMessage + 1];
    private uint _sequence;
    private bool _isDead;

    public override Errno CreateBuffer(nuint length, out FileDescriptor? buffer)
    {
        TransferMessage.WriteCreate(_message.AsSpan(HeaderSize), length);
        return Call(TransferMessage.CreateNumber, TransferMessage.CreateSize, null, true, out buffer, out _);
    }

    public override Errno Transfer(
        ReadOnlySpan<TransferPiece> pieces, uint direction, FileDescriptor buffer, out ulong moved)
    {
        // Index 0 of the descriptors that go along.
        TransferMessage.WriteTransfer(_message.AsSpan(HeaderSize), pieces, direction, 0);
        return Call(TransferMessage.TransferNumber, TransferMessage.TransferSize, buffer, false, out _, out moved);
    }

    public void Dispose() => socket.Dispose();

    private Errno Call(
        uint number, int size, FileDescriptor? sent, bool bringsDescriptor, out FileDescriptor? brought,
        out ulong value)
    {
        brought = null;
        value = 0;
        if (_isDead)
            return Errno.ENODEV;
        uint sequence = ++_sequence;
        _message.AsSpan(0, HeaderSize).Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(_message, number);
        BinaryPrimitives.WriteUInt32LittleEndian(_message.AsSpan(4), sequence);
        ReadOnlySpan<byte> datagram = _message.AsSpan(0, HeaderSize + size);
        IoResult result = sent is null ? socket.SendMsg(datagram) : socket.SendMsg(datagram, [sent.Value]);
        if (!result.IsSuccess)
            return Die();
        if (!socket.WaitReadable(Patience))
            return Die();
        using ReceivedDescriptors descriptors = new();

        // Whoever shares this end may have taken the reply since: that is no reason to wait for ever.
        ReceiveResult received = socket.RecvMsg(_reply, descriptors, MessageFlags.DontWait);
        if (received.Errno != Errno.None || received.IsTruncated || received.IsControlTruncated
            || received.Bytes != (ulong)(HeaderSize + size)
            || BinaryPrimitives.ReadUInt32LittleEndian(_reply) != number
            || BinaryPrimitives.ReadUInt32LittleEndian(_reply.AsSpan(4)) != sequence)
            return Die();
        int answer = BinaryPrimitives.ReadInt32LittleEndian(_reply.AsSpan(8));
        if (descriptors.Count != (bringsDescriptor && answer >= 0 ? 1 : 0))
            return Die();
        if (answer < 0)
            return answer >= -4095 ? (Errno)(-answer) : Die();
        if (bringsDescriptor)
            brought = descriptors.Take(0);
        value = (uint)answer;
        return Errno.None;
    }

    private Errno Die()
    {
        _isDead = true;
        return Errno.ENODEV;
    }
}
