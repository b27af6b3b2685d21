using System.CommandLine;
using System.Text.Json.Nodes;
using Scatterlist.Tool.Rdma;
using Scatterlist.Tool.Report;
using Scatterlist.Verbs;

namespace Scatterlist.Tool.Commands.Rdma;

/// <summary><c>sgl devinfo</c>: the blocks of <c>ibv_devinfo</c>, with its keys in its order.</summary>
internal static class DevInfoCommand
{
    internal static Command Create()
    {
        var port = new Option<int?>("--ib-port", "-i")
        {
            Description = "Only this port; default: all.",
            HelpName = "N",
        };
        var list = new Option<bool>("--list", "-l") { Description = "Only the devices' names." };
        var verbose = new Option<bool>("--verbose", "-v") { Description = "All attributes, and the GIDs." };
        var command = new Command("devinfo", "Show the RDMA devices, as ibv_devinfo does.")
        {
            RdmaOptions.Device, port, list, verbose, RdmaOptions.Provider,
        };
        command.SetRunner((parsed, terminal, stop) =>
        {
            string? provider = parsed.GetValue(RdmaOptions.Provider);
            IReadOnlyList<Device> devices = RdmaDevices.Select(parsed.GetValue(RdmaOptions.Device), provider);
            bool isWhole = true;
            if (parsed.GetValue(list))
            {
                PrintNames(devices, terminal);
            }
            else
            {
                var documents = new JsonArray();
                isWhole = RdmaDevices.TryEach(devices, terminal, device =>
                {
                    DeviceBlock block = DeviceBlock.Read(device, parsed.GetValue(port), parsed.GetValue(verbose));
                    if (terminal.IsJson)
                        documents.Add((JsonNode)block.ToJson());
                    else
                        Console.Out.Write(block.ToText());
                }, stop);
                if (terminal.IsJson)
                    Terminal.WriteJson(documents);
            }

            RdmaNotes.Tell(provider, devices.Count != 0, terminal);
            return devices.Count != 0 && isWhole ? ExitCodes.Success : ExitCodes.Unavailable;
        });
        return command;
    }

    private static void PrintNames(IReadOnlyList<Device> devices, Terminal terminal)
    {
        if (terminal.IsJson)
        {
            Terminal.WriteJson(new JsonArray([.. devices.Select(device => (JsonNode)JsonValue.Create(device.Name))]));
            return;
        }

        Console.Out.WriteLine($"{devices.Count} HCA{(devices.Count == 1 ? "" : "s")} found:");
        foreach (Device device in devices)
            Console.Out.WriteLine($"\t{device.Name}");
        Console.Out.WriteLine();
    }
}
