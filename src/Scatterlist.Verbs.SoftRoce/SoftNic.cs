using Scatterlist.Verbs.SoftRoce.Engine;

namespace Scatterlist.Verbs.SoftRoce;

/// <summary>Opens soft NICs: RoCEv2 in user space, with no card, no root and no kernel module.</summary>
public static class SoftNic
{
    /// <summary>Opens a soft NIC.</summary>
    /// <param name="options">How; null: a free address of 127/8.</param>
    /// <exception cref="VerbsException">An address cannot be had: it is not of this host, another NIC has it, or the
    /// kernel's rdma_rxe holds the port. The remedy says which.</exception>
    public static Context Open(SoftNicOptions? options = null) =>
        new(NicEngine.Open(options ?? new SoftNicOptions()), SoftRoceProvider.LoopbackDevice, SoftRoceProvider.Name);
}
