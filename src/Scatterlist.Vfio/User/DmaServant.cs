namespace Scatterlist.Vfio;

/// <summary>Answers a server that reads or writes memory which it has no descriptor for.</summary>
internal sealed class DmaServant(DmaTable served)
{
    /// <summary>Answers one command. It comes on one thread at a time.</summary>
    internal bool Serve(MessageChannel channel, Message command)
    {
        ReadOnlySpan<byte> payload = command.Payload;
        Errno errno = Errno.EOPNOTSUPP;
        if (command.Command is UserCommand.DmaRead or UserCommand.DmaWrite)
        {
            errno = Errno.EINVAL;
            if (payload.Length >= UserWire.AccessBytes && !command.HasLostDescriptors
                && command.Descriptors.Count == 0
                && UserWire.Get64(payload, 8) is > 0 and <= UserWire.MaxTransferBytes)
            {
                errno = command.Command == UserCommand.DmaRead ? Read(channel, command) : Write(channel, command);
            }
        }

        if (errno != Errno.None && command.WantsReply)
            _ = channel.Send(command.Id, command.Command, UserWire.Reply, errno, default);
        return true;
    }

    private Errno Read(MessageChannel channel, Message command)
    {
        ReadOnlySpan<byte> head = command.Payload;
        if (head.Length != UserWire.AccessBytes)
            return Errno.EINVAL;
        int count = (int)UserWire.Get64(head, 8);
        byte[] data = System.Buffers.ArrayPool<byte>.Shared.Rent(count);
        try
        {
            Errno errno = served.Read(new IoAddress(UserWire.Get64(head, 0)), data.AsSpan(0, count));
            if (errno == Errno.None && command.WantsReply)
            {
                _ = channel.Send(
                    command.Id, command.Command, UserWire.Reply, errno, head, data.AsSpan(0, count));
            }

            return errno;
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(data);
        }
    }

    private Errno Write(MessageChannel channel, Message command)
    {
        ReadOnlySpan<byte> payload = command.Payload;
        ReadOnlySpan<byte> data = payload[UserWire.AccessBytes..];
        if ((ulong)data.Length != UserWire.Get64(payload, 8))
            return Errno.EINVAL;
        Errno errno = served.Write(new IoAddress(UserWire.Get64(payload, 0)), data);
        if (errno == Errno.None && command.WantsReply)
            _ = channel.Send(command.Id, command.Command, UserWire.Reply, errno, payload[..UserWire.AccessBytes]);
        return errno;
    }
}
