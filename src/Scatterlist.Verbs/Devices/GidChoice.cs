using System.Net;
using System.Net.Sockets;

namespace Scatterlist.Verbs;

/// <summary>Which GID of a port to use when nobody said.</summary>
internal static class GidChoice
{
    internal static GidEntry Pick(Context context, byte port)
    {
        GidEntry? best = null;
        foreach (GidEntry entry in context.GetGids())
        {
            // The first of equal ones: tables list the addresses in the order in which they were given.
            if (entry.Port == port && !entry.Gid.IsZero && (best is null || Rank(entry) > Rank(best)))
                best = entry;
        }

        return best ?? throw new VerbsException(
            $"choosing a GID of {context.DeviceName}, port {port}", Errno.ENOENT, "its GID table is empty",
            "Give the port's network interface an IP address.");
    }

    /// <summary>Paths have 8 bits for the index of the own GID, however long the table is.</summary>
    internal static void Check(string verb, int index) =>
        LimitCheck.Range(verb, "sgid_index", index, 0, byte.MaxValue, "8 bits");

    private static int Rank(GidEntry entry)
    {
        int type = entry.Type == GidType.RoceV2 ? 100 : entry.Type == GidType.InfiniBand ? 50 : 0;
        IPAddress address = entry.Gid.ToAddress();
        if (address.AddressFamily == AddressFamily.InterNetwork)
            return type + 3;
        return type + (address.IsIPv6LinkLocal && entry.Type == GidType.RoceV2 ? 1 : 2);
    }
}
