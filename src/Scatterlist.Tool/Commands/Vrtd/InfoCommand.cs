using System.CommandLine;
using System.Text.Json.Nodes;
using Scatterlist.Tool.Report;
using Scatterlist.Vrtd;
using Spectre.Console;

namespace Scatterlist.Tool.Commands.Vrtd;

/// <summary><c>sgl vrtd info</c>: all that the daemon tells of a card, without touching it.</summary>
internal static class InfoCommand
{
    private const int BarCount = 6;

    internal static Command Create()
    {
        var command = new Command("info", "Show what a card is: identity, BARs, queues, clocks.")
        {
            DeviceSelection.Option, CommonOptions.Socket,
        };
        command.SetRunner((parsed, terminal, stop) =>
        {
            using Session session = Session.Connect(parsed.GetValue(CommonOptions.Socket)!);
            IReadOnlyList<Device> devices =
                DeviceSelection.Select(session, parsed.GetValue(DeviceSelection.Option), stop);
            var documents = new JsonArray();
            foreach (Device device in devices)
            {
                JsonObject document = Describe(device, session, stop);
                if (terminal.IsJson)
                    documents.Add((JsonNode)document);
                else
                    Print(document, terminal);
            }

            if (terminal.IsJson)
                Terminal.WriteJson(documents);
            return ExitCodes.Success;
        });
        return command;
    }

    private static JsonObject Describe(Device device, Session session, CancellationToken stop)
    {
        JsonObject document = ListCommand.ToJson(device, session);
        if (session.DaemonVersion == DaemonVersion.Version2)
        {
            document["shell"] = device.Shell.ToString();
            document["jtagBoot"] = device.IsJtagBoot;
        }

        var bars = new JsonArray();
        for (int number = 0; number < BarCount; number++)
        {
            Bar bar = device.GetBar(number, stop);
            bars.Add((JsonNode)new JsonObject
            {
                ["number"] = number,
                ["usable"] = bar.IsUsable,
                ["inUse"] = bar.IsInUse,
                ["start"] = $"0x{bar.StartAddress:x}",
                ["length"] = bar.Length,
            });
        }

        document["bars"] = bars;
        QdmaInfo queues = session.GetQdmaInfo(device.Number, stop);
        document["qdma"] = new JsonObject
        {
            ["queueSets"] = queues.QueueSetsMax,
            ["msixVectors"] = queues.InterruptVectors,
            ["virtualFunctions"] = queues.VirtualFunctionsMax,
        };
        document["clocks"] = new JsonObject
        {
            ["user"] = Clock(device, ClockRegion.User, stop),
            ["service"] = Clock(device, ClockRegion.Service, stop),
        };
        return document;
    }

    // Clocks need a permission of their own, and a card may have no driver for them: neither hides the rest.
    private static JsonNode? Clock(Device device, ClockRegion region, CancellationToken stop)
    {
        try
        {
            return device.GetClockRate(region, stop);
        }
        catch (VrtdException exception) when (
            exception.ReturnCode is VrtdReturnCode.AuthError or VrtdReturnCode.NotExist or VrtdReturnCode.InternalError)
        {
            return exception.ReturnCode.ToString();
        }
    }

    private static void Print(JsonObject document, Terminal terminal)
    {
        terminal.Out.MarkupLine($"[bold]Board {Markup.Escape(document["bdf"]!.ToString())}[/]");
        var grid = new Grid();
        grid.AddColumn(new GridColumn().NoWrap().Padding(2, 0, 3, 0));
        grid.AddColumn();
        foreach ((string name, JsonNode? value) in document)
        {
            switch (value)
            {
                case JsonArray bars:
                    foreach (JsonNode? bar in bars)
                        grid.AddRow(new Text($"bar {bar!["number"]}"), new Text(BarText(bar)));
                    break;
                case JsonObject group:
                    foreach ((string key, JsonNode? inner) in group)
                        grid.AddRow(new Text($"{name} {key}"), new Text(ValueText(name, inner)));
                    break;
                default:
                    grid.AddRow(new Text(name), new Text(value?.ToString() ?? ""));
                    break;
            }
        }

        terminal.Out.Write(grid);
    }

    private static string BarText(JsonNode bar) => (bool)bar["usable"]!
        ? $"{bar["start"]}, {Units.Size((ulong)bar["length"]!)}{((bool)bar["inUse"]! ? ", in use" : "")}"
        : "not usable";

    private static string ValueText(string group, JsonNode? value) =>
        group == "clocks" && value is JsonValue number && number.TryGetValue(out uint hertz)
            ? $"{hertz / 1e6:0.###} MHz"
            : value?.ToString() ?? "";
}
