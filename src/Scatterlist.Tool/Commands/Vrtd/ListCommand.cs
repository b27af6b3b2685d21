using System.CommandLine;
using System.Text.Json.Nodes;
using Scatterlist.Tool.Report;
using Scatterlist.Vrtd;
using Spectre.Console;

namespace Scatterlist.Tool.Commands.Vrtd;

/// <summary><c>sgl vrtd list</c>: a line a card, in the words of <c>v80-smi list</c>.</summary>
internal static class ListCommand
{
    internal static Command Create()
    {
        var command = new Command("list", "List the cards.") { CommonOptions.Socket };
        command.SetRunner((parsed, terminal, stop) =>
        {
            using Session session = Session.Connect(parsed.GetValue(CommonOptions.Socket)!);
            IReadOnlyList<Device> devices = session.GetDevices(stop);
            if (terminal.IsJson)
                Terminal.WriteJson(new JsonArray([.. devices.Select(device => ToJson(device, session))]));
            else if (devices.Count == 0)
                terminal.Note("The daemon answers and has no card.");
            foreach (Device device in terminal.IsJson ? [] : devices)
            {
                terminal.Out.MarkupLine(
                    $"Board {Markup.Escape(device.Bdf)} [green]OK[/] ({Markup.Escape(device.Name)}, device "
                    + $"{device.Number}) (VRTD: [green]OK[/], wire {WireName(session)})");
            }

            return ExitCodes.Success;
        });
        return command;
    }

    internal static JsonObject ToJson(Device device, Session session) => new()
    {
        ["number"] = device.Number,
        ["name"] = device.Name,
        ["bdf"] = device.Bdf,
        ["vendorId"] = $"0x{device.VendorId:x4}",
        ["deviceId"] = $"0x{device.DeviceId:x4}",
        ["subsystemVendorId"] = $"0x{device.SubsystemVendorId:x4}",
        ["subsystemDeviceId"] = $"0x{device.SubsystemDeviceId:x4}",
        ["wire"] = WireName(session),
    };

    // There is no version message: what is known is what the answers so far have shown.
    private static string WireName(Session session) => session.DaemonVersion switch
    {
        DaemonVersion.Version1 => "v1",
        DaemonVersion.Version2 => "v2",
        DaemonVersion.Intermediate => "between v1 and v2",
        _ => "below v2",
    };
}
