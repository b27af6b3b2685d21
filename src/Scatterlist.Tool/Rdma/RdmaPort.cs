using Scatterlist.Verbs;

namespace Scatterlist.Tool.Rdma;

/// <summary>An open device with the port and the GID that a command uses.</summary>
internal sealed class RdmaPort : IDisposable
{
    private RdmaPort(Context context, byte number, PortAttributes attributes, GidEntry? gid)
    {
        Context = context;
        Number = number;
        Attributes = attributes;
        Gid = gid;
    }

    internal Context Context { get; }

    /// <summary>The port's number, from 1.</summary>
    internal byte Number { get; }

    internal PortAttributes Attributes { get; }

    /// <summary>The GID to send from; null on InfiniBand where none was asked for.</summary>
    internal GidEntry? Gid { get; }

    internal bool IsEthernet => Attributes.LinkLayer == LinkLayer.Ethernet;

    /// <summary>Opens the device that a user chose, or the first one.</summary>
    internal static RdmaPort Open(RdmaChoice choice)
    {
        Context context = RdmaDevices.Open(choice.Device, choice.Provider);
        try
        {
            PortAttributes attributes = context.QueryPort(choice.Port);
            if (attributes.State is not (PortState.Active or PortState.Armed))
            {
                throw new VerbsException(
                    $"using port {choice.Port} of {context.DeviceName}", Errno.ENOENT, $"its state is {attributes.State}",
                    "Connect the cable, or 'sudo ip link set dev INTERFACE up'; 'sgl devinfo' shows the ports.");
            }

            return new RdmaPort(context, choice.Port, attributes, FindGid(context, choice, attributes));
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }

    public void Dispose() => Context.Dispose();

    // Ethernet cannot do without a GID: C's pingpong programs need -g there, and so many first tries fail. Ours takes
    // the one that queue pairs take.
    private static GidEntry? FindGid(Context context, RdmaChoice choice, PortAttributes attributes)
    {
        if (choice.GidIndex is not { } index)
            return attributes.LinkLayer == LinkLayer.Ethernet ? context.GetDefaultGid(choice.Port) : null;
        return context.GetGids().FirstOrDefault(entry => entry.Port == choice.Port && entry.Index == index)
            ?? throw new UsageException(
                $"port {choice.Port} of {context.DeviceName} has no GID of index {index}; 'sgl gids' lists them");
    }
}
