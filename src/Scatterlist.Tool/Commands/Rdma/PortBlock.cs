using System.Globalization;
using System.Text.Json.Nodes;
using Scatterlist.Verbs;

namespace Scatterlist.Tool.Commands.Rdma;

/// <summary>What ibv_devinfo tells of one port.</summary>
internal sealed class PortBlock
{
    private readonly List<(string Key, string Value)> _values = [];

    internal PortBlock(int number, PortAttributes port, IEnumerable<GidEntry> gids, bool isVerbose)
    {
        Number = number;
        Add("state", $"{StateName(port.State)} ({(int)port.State})");
        Add("max_mtu", $"{MtuText(port.MaxMtu)} ({(int)port.MaxMtu})");
        Add("active_mtu", $"{MtuText(port.ActiveMtu)} ({(int)port.ActiveMtu})");
        Add("sm_lid", $"{port.SubnetManagerLid}");
        Add("port_lid", $"{port.Lid}");
        Add("port_lmc", $"0x{port.LidMaskControl:x2}");
        Add("link_layer", $"{LinkName(port.LinkLayer)}");
        if (!isVerbose)
            return;
        Add("max_msg_sz", $"0x{port.MaxMessageSize:x}");
        Add("port_cap_flags", $"0x{port.CapabilityFlags:x8}");
        Add("bad_pkey_cntr", $"0x{port.BadPartitionKeyCount:x}");
        Add("qkey_viol_cntr", $"0x{port.QueueKeyViolationCount:x}");
        Add("sm_sl", $"{port.SubnetManagerServiceLevel}");
        Add("pkey_tbl_len", $"{port.PartitionKeyTableLength}");
        Add("gid_tbl_len", $"{port.GidTableLength}");
        Add("subnet_timeout", $"{port.SubnetTimeout}");
        Add("init_type_reply", $"{port.InitTypeReply}");
        Add("active_width", $"{Width(port.ActiveWidth)} ({port.ActiveWidth})");
        Add("active_speed", $"{Speed(port.ActiveSpeed)} ({port.ActiveSpeed})");
        Add("phys_state", $"{PhysicalState(port.PhysicalState)} ({port.PhysicalState})");
        foreach (GidEntry gid in gids)
            Add($"GID[{gid.Index,3}]", $"{gid.Gid}{TypeText(gid.Type)}");
    }

    internal int Number { get; }

    internal IReadOnlyList<(string Key, string Value)> Values => _values;

    internal JsonObject ToJson()
    {
        var document = new JsonObject { ["port"] = Number };
        var gids = new JsonArray();
        foreach ((string key, string value) in _values)
        {
            if (key.StartsWith("GID[", StringComparison.Ordinal))
                gids.Add((JsonNode)JsonValue.Create(value));
            else
                document[key] = DeviceBlock.Value(value);
        }

        if (gids.Count != 0)
            document["gids"] = gids;
        return document;
    }

    private void Add(string key, FormattableString value) => _values.Add((key, FormattableString.Invariant(value)));

    private static string StateName(PortState state) => state switch
    {
        PortState.Down => "PORT_DOWN",
        PortState.Init => "PORT_INIT",
        PortState.Armed => "PORT_ARMED",
        PortState.Active => "PORT_ACTIVE",
        _ => "invalid state",
    };

    private static string MtuText(Mtu mtu) => Enum.IsDefined(mtu) ? mtu.ToBytes().ToString(CultureInfo.InvariantCulture) : "invalid MTU";

    private static string LinkName(LinkLayer layer) => layer switch
    {
        LinkLayer.Ethernet => "Ethernet",
        LinkLayer.InfiniBand => "InfiniBand",
        _ => "Unspecified",
    };

    private static string TypeText(GidType type) => type switch
    {
        GidType.RoceV1 => ", RoCE v1",
        GidType.RoceV2 => ", RoCE v2",
        _ => "",
    };

    // The codes of struct ibv_port_attr.
    private static string Width(byte code) => code switch
    {
        1 => "1X",
        2 => "4X",
        4 => "8X",
        8 => "12X",
        16 => "2X",
        _ => "invalid width",
    };

    private static string Speed(byte code) => code switch
    {
        1 => "2.5 Gbps",
        2 => "5.0 Gbps",
        4 or 8 => "10.0 Gbps",
        16 => "14.0 Gbps",
        32 => "25.0 Gbps",
        64 => "50.0 Gbps",
        128 => "100.0 Gbps",
        _ => "invalid speed",
    };

    private static string PhysicalState(byte code) => code switch
    {
        1 => "SLEEP",
        2 => "POLLING",
        3 => "DISABLED",
        4 => "PORT_CONFIGURATION_TRAINING",
        5 => "LINK_UP",
        6 => "LINK_ERROR_RECOVERY",
        7 => "PHY_TEST",
        _ => "invalid physical state",
    };
}
