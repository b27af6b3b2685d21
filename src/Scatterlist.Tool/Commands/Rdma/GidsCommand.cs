using System.CommandLine;
using System.Text.Json.Nodes;
using Scatterlist.Tool.Rdma;
using Scatterlist.Tool.Report;
using Scatterlist.Verbs;
using Spectre.Console;

namespace Scatterlist.Tool.Commands.Rdma;

/// <summary><c>sgl gids</c>: a line a GID. The wrong index is the classic first failure.</summary>
internal static class GidsCommand
{
    internal static Command Create()
    {
        var command = new Command("gids", "List the GIDs of the RDMA devices: what -g and -x choose from.")
        {
            RdmaOptions.Device, RdmaOptions.Provider,
        };
        command.SetRunner((parsed, terminal, stop) =>
        {
            string? provider = parsed.GetValue(RdmaOptions.Provider);
            var rows = new List<(Context Device, GidEntry Gid, bool IsDefault)>();
            IReadOnlyList<Device> devices = RdmaDevices.Select(parsed.GetValue(RdmaOptions.Device), provider);
            bool isWhole = RdmaDevices.TryEach(devices, terminal, device =>
            {
                using Context context = device.Open();
                foreach (GidEntry gid in context.GetGids())
                    rows.Add((context, gid, gid == context.GetDefaultGid(gid.Port)));
            }, stop);

            if (terminal.IsJson)
                Terminal.WriteJson(new JsonArray([.. rows.Select(row => (JsonNode)ToJson(row.Device, row.Gid, row.IsDefault))]));
            else
                Print(rows, terminal);
            RdmaNotes.Tell(provider, devices.Count != 0, terminal);
            return rows.Count != 0 && isWhole ? ExitCodes.Success : ExitCodes.Unavailable;
        });
        return command;
    }

    private static void Print(List<(Context Device, GidEntry Gid, bool IsDefault)> rows, Terminal terminal)
    {
        var table = new Table().Border(TableBorder.None);
        foreach (string column in new[] { "DEV", "PORT", "INDEX", "GID", "IPv4", "VER", "NETDEV", "" })
            table.AddColumn(new TableColumn(column).NoWrap());
        foreach ((Context device, GidEntry gid, bool isDefault) in rows)
        {
            table.AddRow(
                new Text(device.DeviceName), new Text($"{gid.Port}"), new Text($"{gid.Index}"), new Text($"{gid.Gid}"),
                new Text(IPv4(gid) ?? ""), new Text(TypeName(gid)), new Text(gid.InterfaceName ?? ""),
                new Text(isDefault ? "default" : ""));
        }

        terminal.Out.Write(table);
    }

    private static JsonObject ToJson(Context device, GidEntry gid, bool isDefault) => new JsonObject
    {
        ["device"] = device.DeviceName,
        ["provider"] = device.ProviderName,
        ["port"] = gid.Port,
        ["index"] = gid.Index,
        ["gid"] = $"{gid.Gid}",
        ["type"] = TypeName(gid),
        ["ipv4"] = IPv4(gid),
        ["interface"] = gid.InterfaceName,
        ["default"] = isDefault,
    };

    internal static string TypeName(GidEntry gid) => gid.Type switch
    {
        GidType.RoceV1 => "v1",
        GidType.RoceV2 => "v2",
        _ => "ib",
    };

    private static string? IPv4(GidEntry gid) => gid.Gid.IsIPv4 ? gid.Gid.ToAddress().ToString() : null;
}
