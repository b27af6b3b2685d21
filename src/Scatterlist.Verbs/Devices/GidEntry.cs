namespace Scatterlist.Verbs;

/// <summary>A place of a port's GID table (struct ibv_gid_entry).</summary>
/// <param name="Gid">The GID.</param>
/// <param name="Index">Its index, which address vectors name.</param>
/// <param name="Port">The port, from 1.</param>
/// <param name="Type">How its packets are carried.</param>
/// <param name="InterfaceIndex">The network interface's index (if_nametoindex(3)); 0 where there is none.</param>
/// <param name="InterfaceName">The network interface's name; null where there is none or it cannot be told.</param>
public sealed record GidEntry(
    Gid Gid, int Index, byte Port, GidType Type, uint InterfaceIndex = 0, string? InterfaceName = null);
