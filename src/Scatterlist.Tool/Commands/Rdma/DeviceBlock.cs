using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Scatterlist.Verbs;

namespace Scatterlist.Tool.Commands.Rdma;

/// <summary>What ibv_devinfo tells of one device: keys with values in their order, then the ports.</summary>
internal sealed class DeviceBlock
{
    private const int KeyColumns = 32; // a tab counts to the next multiple of 8
    private const int PortKeyColumns = 24;

    private readonly string _provider;
    private readonly List<(string Key, string Value)> _device = [];
    private readonly List<PortBlock> _ports = [];

    private DeviceBlock(Device device) => _provider = device.ProviderName;

    internal static DeviceBlock Read(Device device, int? port, bool isVerbose)
    {
        using Context context = device.Open();
        DeviceAttributes attributes = context.Attributes;
        if (port is { } asked && (asked < 1 || asked > attributes.PortCount))
            throw new UsageException($"-i {asked}: {device.Name} has the ports 1 to {attributes.PortCount}");
        var block = new DeviceBlock(device);
        block.AddDevice(device, attributes);
        if (isVerbose)
            block.AddLimits(attributes);
        IReadOnlyList<GidEntry> gids = context.GetGids();
        for (int number = port ?? 1; number <= (port ?? attributes.PortCount); number++)
        {
            block._ports.Add(
                new PortBlock(number, context.QueryPort((byte)number), gids.Where(gid => gid.Port == number), isVerbose));
        }

        return block;
    }

    internal string ToText()
    {
        var text = new StringBuilder();
        (string first, string name) = _device[0];
        text.Append(CultureInfo.InvariantCulture, $"{first}:\t{name}\n");
        foreach ((string key, string value) in _device.Skip(1))
            text.Append(CultureInfo.InvariantCulture, $"\t{Padded(key, KeyColumns)}{value}\n");
        foreach (PortBlock port in _ports)
        {
            text.Append(CultureInfo.InvariantCulture, $"\t\tport:\t{port.Number}\n");
            foreach ((string key, string value) in port.Values)
                text.Append(CultureInfo.InvariantCulture, $"\t\t\t{Padded(key, PortKeyColumns)}{value}\n");
            text.Append('\n');
        }

        return text.ToString();
    }

    internal JsonObject ToJson()
    {
        var document = new JsonObject { ["provider"] = _provider };
        foreach ((string key, string value) in _device)
            document[key] = Value(value);
        document["ports"] = new JsonArray([.. _ports.Select(port => (JsonNode)port.ToJson())]);
        return document;
    }

    internal static JsonNode Value(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? JsonValue.Create(number)
            : JsonValue.Create(text);

    private static string Padded(string key, int columns)
    {
        int width = key.Length + 1;
        return key + ":" + new string('\t', Math.Max(1, (columns - width + 7) / 8));
    }

    private void AddDevice(Device device, DeviceAttributes attributes)
    {
        Add("hca_id", device.Name);
        Add("transport", $"{TransportName(device.TransportType)} ({(int)device.TransportType})");
        if (attributes.FirmwareVersion.Length != 0)
            Add("fw_ver", attributes.FirmwareVersion);
        Add("node_guid", GuidText(attributes.NodeGuid));
        Add("sys_image_guid", GuidText(attributes.SystemImageGuid));
        Add("vendor_id", $"0x{attributes.VendorId:x4}");
        Add("vendor_part_id", $"{attributes.VendorPartId}");
        Add("hw_ver", $"0x{attributes.HardwareVersion:X}");
        Add("phys_port_cnt", $"{attributes.PortCount}");
    }

    private void AddLimits(DeviceAttributes attributes)
    {
        Add("max_mr_size", $"0x{attributes.MaxRegionSize:x}");
        Add("page_size_cap", $"0x{attributes.PageSizes:x}");
        Add("max_qp", $"{attributes.MaxQueuePairs}");
        Add("max_qp_wr", $"{attributes.MaxWorkRequests}");
        Add("device_cap_flags", $"0x{attributes.CapabilityFlags:x8}");
        Add("max_sge", $"{attributes.MaxElements}");
        Add("max_sge_rd", $"{attributes.MaxReadElements}");
        Add("max_cq", $"{attributes.MaxCompletionQueues}");
        Add("max_cqe", $"{attributes.MaxCompletionQueueEntries}");
        Add("max_mr", $"{attributes.MaxRegions}");
        Add("max_pd", $"{attributes.MaxDomains}");
        Add("max_qp_rd_atom", $"{attributes.MaxReadAtomic}");
        Add("max_res_rd_atom", $"{attributes.MaxReadAtomicResources}");
        Add("max_qp_init_rd_atom", $"{attributes.MaxInitiatorReadAtomic}");
        Add("atomic_cap", $"{AtomicName(attributes.AtomicCapability)} ({(int)attributes.AtomicCapability})");
        Add("max_mw", $"{attributes.MaxMemoryWindows}");
        Add("max_mcast_grp", $"{attributes.MaxMulticastGroups}");
        Add("max_mcast_qp_attach", $"{attributes.MaxMulticastQueuePairs}");
        Add("max_total_mcast_qp_attach", $"{attributes.MaxTotalMulticastQueuePairs}");
        Add("max_ah", $"{attributes.MaxAddressHandles}");
        Add("max_srq", $"{attributes.MaxSharedReceiveQueues}");
        Add("max_srq_wr", $"{attributes.MaxSharedReceiveWorkRequests}");
        Add("max_srq_sge", $"{attributes.MaxSharedReceiveElements}");
        Add("max_pkeys", $"{attributes.MaxPartitionKeys}");
        Add("local_ca_ack_delay", $"{attributes.LocalAckDelay}");
        Add("maximum available device memory", $"{attributes.MaxDeviceMemory}Bytes");
    }

    private void Add(string key, FormattableString value) => _device.Add((key, FormattableString.Invariant(value)));

    private void Add(string key, string value) => _device.Add((key, value));

    private static string GuidText(ulong guid)
    {
        string digits = guid.ToString("x16", CultureInfo.InvariantCulture);
        return $"{digits[..4]}:{digits[4..8]}:{digits[8..12]}:{digits[12..]}";
    }

    private static string TransportName(TransportType type) => type switch
    {
        TransportType.InfiniBand => "InfiniBand",
        TransportType.Iwarp => "iWARP",
        _ => type.ToString(),
    };

    private static string AtomicName(AtomicCapability capability) => capability switch
    {
        AtomicCapability.None => "ATOMIC_NONE",
        AtomicCapability.Device => "ATOMIC_HCA",
        _ => "ATOMIC_GLOB",
    };
}
