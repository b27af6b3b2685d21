using System.CommandLine;
using System.Globalization;
using Scatterlist.Vrtd;

namespace Scatterlist.Tool.Commands.Vrtd;

/// <summary>Which card a command is about: <c>-d</c> takes a number or a BDF, as v80-smi does.</summary>
internal static class DeviceSelection
{
    internal static Option<string?> Option { get; } = new("--device", "-d")
    {
        Description = "The card: its number or its BDF (03:00, 0000:03:00).",
        HelpName = "DEV",
    };

    /// <summary>The card named, or all when none is; a daemon without any is a failure.</summary>
    internal static IReadOnlyList<Device> Select(Session session, string? name, CancellationToken stop)
    {
        if (name is null)
        {
            IReadOnlyList<Device> all = session.GetDevices(stop);
            return all.Count > 0 ? all : throw new VrtdException(
                "looking for a card", VrtdReturnCode.NotExist, detail: "the daemon has none",
                remedy: "'sgl doctor' looks for the card and its driver.");
        }

        return uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out uint number)
            && number <= int.MaxValue
            ? [session.GetDevice((int)number, stop)]
            : [session.GetDeviceByBdf(name, stop)];
    }
}
