namespace Scatterlist.Verbs.SoftRoce.Engine;

/// <summary>What a medium gives its packets to: the NIC's dispatcher.</summary>
internal interface IPacketHandler
{
    /// <summary>One packet. It is checked in full by the handler: any bytes may come.</summary>
    void OnPacket(in ReceivedPacket packet);

    /// <summary>
    /// The usual small message, without the detours of any packet. False: nothing was done, and it is to be given to
    /// <see cref="OnPacket"/>.
    /// </summary>
    bool TryTakeSmall(in SmallPacket packet) => false;
}
