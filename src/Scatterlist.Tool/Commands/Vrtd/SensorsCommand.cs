using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Scatterlist.Tool.Report;
using Scatterlist.Vrtd;
using Spectre.Console;

namespace Scatterlist.Tool.Commands.Vrtd;

/// <summary><c>sgl vrtd sensors</c>: temperatures, voltages, currents and power of a card.</summary>
internal static class SensorsCommand
{
    internal static Command Create()
    {
        var command = new Command("sensors", "Read a card's sensors.") { DeviceSelection.Option, CommonOptions.Socket };
        command.SetRunner((parsed, terminal, stop) =>
        {
            using Session session = Session.Connect(parsed.GetValue(CommonOptions.Socket)!);
            var documents = new JsonArray();
            foreach (Device device in
                DeviceSelection.Select(session, parsed.GetValue(DeviceSelection.Option), stop))
            {
                IReadOnlyList<Sensor> sensors = device.GetSensors(stop);
                if (terminal.IsJson)
                    documents.Add((JsonNode)ToJson(device, sensors));
                else
                    Print(device, sensors, terminal);
            }

            if (terminal.IsJson)
                Terminal.WriteJson(documents);
            return ExitCodes.Success;
        });
        return command;
    }

    private static JsonObject ToJson(Device device, IReadOnlyList<Sensor> sensors) => new()
    {
        ["bdf"] = device.Bdf,
        ["sensors"] = new JsonArray([.. sensors.Select(sensor => (JsonNode)new JsonObject
        {
            ["name"] = sensor.Name,
            ["type"] = sensor.Type.ToString(),
            ["value"] = sensor.Value,
            ["unit"] = sensor.Unit,
            ["status"] = sensor.Status.ToString(),
        })]),
    };

    private static void Print(Device device, IReadOnlyList<Sensor> sensors, Terminal terminal)
    {
        terminal.Out.MarkupLine($"[bold]Board {Markup.Escape(device.Bdf)}[/]");
        Table table = new Table().Border(TableBorder.Simple)
            .AddColumns("Name", "Type").AddColumn(new TableColumn("Value").RightAligned()).AddColumns("Unit", "Status");
        foreach (Sensor sensor in sensors)
        {
            table.AddRow(
                Markup.Escape(sensor.Name), sensor.Type.ToString(),
                sensor.Value.ToString("0.###", CultureInfo.InvariantCulture), sensor.Unit,
                sensor.Status == SensorStatus.Ok ? "[green]OK[/]" : $"[red]{sensor.Status}[/]");
        }

        terminal.Out.Write(table);
    }
}
