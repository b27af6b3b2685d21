using System.Security.Cryptography;

namespace Scatterlist.Verbs;

/// <summary>What the transitions of a queue pair need beyond its sizes: as asked, and completed from the device.</summary>
internal sealed record QueuePairSettings
{
    private const int MaxDepth = 16; // a default that every device keeps busy with

    internal AccessFlags? Access { get; set; }

    internal int RnrRetries { get; set; } = 6;

    internal int AckRetries { get; set; } = 6;

    internal int AckTimeout { get; set; } = 14;

    internal int MinRnrTimer { get; set; } = 12;

    internal Mtu? Mtu { get; set; }

    internal byte Port { get; set; } = 1;

    internal int? GidIndex { get; set; }

    internal Gid Gid { get; set; }

    internal ushort Lid { get; set; }

    internal uint? Psn { get; set; }

    internal int? RequesterDepth { get; set; }

    internal int? ResponderDepth { get; set; }

    internal byte TrafficClass { get; set; }

    internal byte HopLimit { get; set; } = 64;

    internal uint FlowLabel { get; set; }

    internal byte ServiceLevel { get; set; }

    internal uint? QueueKey { get; set; }

    internal ushort PartitionKeyIndex { get; set; }

    /// <summary>A copy with every value set and checked.</summary>
    internal QueuePairSettings Complete(
        string verb, Context context, DeviceAttributes limits, QueuePairType type)
    {
        LimitCheck.Range(verb, "rnr_retry", RnrRetries, 0, 7, "3 bits");
        LimitCheck.Range(verb, "retry_cnt", AckRetries, 0, 7, "3 bits");
        LimitCheck.Range(verb, "timeout", AckTimeout, 0, 31, "5 bits");
        LimitCheck.Range(verb, "min_rnr_timer", MinRnrTimer, 0, 31, "5 bits");
        LimitCheck.Range(verb, "port", Port, 1, limits.PortCount, "DeviceAttributes.PortCount");
        LimitCheck.Range(verb, "psn", Psn ?? 0, 0, QueuePairEndpoint.MaxNumber, "24 bits");
        LimitCheck.Range(verb, "flow_label", FlowLabel, 0, 0xfffff, "20 bits");
        LimitCheck.Range(verb, "sl", ServiceLevel, 0, 15, "4 bits");
        LimitCheck.Range(
            verb, "max_rd_atomic", RequesterDepth ?? 0, 0, Math.Min(limits.MaxInitiatorReadAtomic, byte.MaxValue),
            "DeviceAttributes.MaxInitiatorReadAtomic");
        LimitCheck.Range(
            verb, "max_dest_rd_atomic", ResponderDepth ?? 0, 0, Math.Min(limits.MaxReadAtomic, byte.MaxValue),
            "DeviceAttributes.MaxReadAtomic");
        PortAttributes port = context.QueryPort(Port);
        if (port.State is not (PortState.Active or PortState.Armed))
        {
            throw new VerbsException(
                verb, Errno.ENODEV, $"port {Port} of {context.DeviceName} is {port.State}, not Active",
                "Bring the port's link up (ibv_devinfo and ip link show its state).", VerbsErrorKind.Resource);
        }

        if (Mtu is { } mtu && (mtu < Verbs.Mtu.Bytes256 || mtu > port.ActiveMtu))
        {
            throw new VerbsException(
                verb, Errno.EINVAL, $"path_mtu {mtu} is not one of the port's, up to {port.ActiveMtu}",
                "Take the default, or raise the MTU of the port's network interface.");
        }

        GidEntry? gid = FindGid(verb, context, port);
        GidChoice.Check(verb, gid?.Index ?? 0);
        const AccessFlags Remote = AccessFlags.RemoteWrite | AccessFlags.RemoteRead;
        return this with
        {
            Access = Access ?? (limits.AtomicCapability == AtomicCapability.None
                ? Remote
                : Remote | AccessFlags.RemoteAtomic),
            Mtu = Mtu ?? port.ActiveMtu,
            GidIndex = gid?.Index ?? 0,
            Gid = gid?.Gid ?? default,
            Lid = port.Lid,
            Psn = Psn ?? QueuePairBuilder.RandomPsn(),
            RequesterDepth = RequesterDepth ?? Math.Min(MaxDepth, limits.MaxInitiatorReadAtomic),
            ResponderDepth = ResponderDepth ?? Math.Min(MaxDepth, limits.MaxReadAtomic),
            QueueKey = QueueKey ?? (type == QueuePairType.UnreliableDatagram
                ? (uint)RandomNumberGenerator.GetInt32(1, int.MaxValue)
                : 0),
        };
    }

    private GidEntry? FindGid(string verb, Context context, PortAttributes port)
    {
        if (GidIndex is { } index)
        {
            GidChoice.Check(verb, index);
            return context.GetGids().FirstOrDefault(entry => entry.Port == Port && entry.Index == index)
                ?? throw new VerbsException(
                    verb, Errno.EINVAL, $"gid index {index} is empty in the table of port {Port}",
                    "Context.GetGids() and 'sgl gids' list the table.");
        }

        // On InfiniBand a LID does without a GID.
        return port.LinkLayer == LinkLayer.InfiniBand && context.GetGids().All(entry => entry.Port != Port)
            ? null
            : GidChoice.Pick(context, Port);
    }
}
