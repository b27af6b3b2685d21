using Scatterlist.Verbs.SoftRoce.Wire;

namespace Scatterlist.Verbs.SoftRoce.Engine;

/// <summary>What a medium gives its packets to: the NIC's dispatcher.</summary>
internal interface IPacketHandler
{
    /// <summary>One packet. It is checked in full by the handler: any bytes may come.</summary>
    void OnPacket(in ReceivedPacket packet);

    /// <summary>
    /// The usual small message of the same host, without the detours of any packet. False: nothing was done, and it is to
    /// be given to <see cref="OnPacket"/>.
    /// </summary>
    /// <param name="send">The message.</param>
    /// <param name="path">The path that it came by.</param>
    bool TryTakeSmall(in PlainSend send, PacketPath path) => false;
}
