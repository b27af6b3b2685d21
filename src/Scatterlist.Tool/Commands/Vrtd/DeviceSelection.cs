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

    /// <summary>The card named, or all when none is.</summary>
    internal static IReadOnlyList<Device> Select(Session session, string? name, CancellationToken stop)
    {
        if (name is null)
            return session.GetDevices(stop);
        return uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out uint number)
            && number <= int.MaxValue
            ? [session.GetDevice((int)number, stop)]
            : [session.GetDeviceByBdf(name, stop)];
    }
}
