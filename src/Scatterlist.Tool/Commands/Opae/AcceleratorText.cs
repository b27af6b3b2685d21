using System.Globalization;
using System.Text.Json.Nodes;
using Scatterlist.Opae;

namespace Scatterlist.Tool.Commands.Opae;

/// <summary>Properties of accelerators in the words of <c>fpgainfo</c>.</summary>
internal static class AcceleratorText
{
    internal static IEnumerable<(string Name, string Value)> Rows(Token token)
    {
        FpgaProperties properties = token.Properties;
        yield return ("Interface", InterfaceName(properties.Interface));
        yield return ("Object Id", Hex(properties.ObjectId, 0));
        yield return ("PCIe s:b:d.f", properties.Bus is null ? token.Name : Address(properties));
        yield return ("Vendor Id", Hex(properties.VendorId, 4));
        yield return ("Device Id", Hex(properties.DeviceId, 4));
        yield return ("SubVendor Id", Hex(properties.SubsystemVendorId, 4));
        yield return ("SubDevice Id", Hex(properties.SubsystemDeviceId, 4));
        yield return ("Socket Id", Hex(properties.SocketId, 2));
        yield return ("Accelerator GUID", properties.Guid?.ToString() ?? "unknown");
        yield return ("Accelerator", NameOf(properties) ?? "unknown");
        yield return ("State", StateName(properties.State));
        yield return ("MMIO regions", Number(properties.MmioCount));
        yield return ("Interrupts", Number(properties.InterruptCount));
    }

    internal static JsonObject ToJson(Token token)
    {
        FpgaProperties properties = token.Properties;
        return new JsonObject
        {
            ["name"] = token.Name,
            ["provider"] = token.Provider.Name,
            ["interface"] = properties.Interface?.ToString(),
            ["objectId"] = properties.ObjectId is { } id ? $"0x{id:x}" : null,
            ["address"] = properties.Bus is null ? null : Address(properties),
            ["vendorId"] = Hex(properties.VendorId),
            ["deviceId"] = Hex(properties.DeviceId),
            ["subsystemVendorId"] = Hex(properties.SubsystemVendorId),
            ["subsystemDeviceId"] = Hex(properties.SubsystemDeviceId),
            ["guid"] = properties.Guid?.ToString(),
            ["accelerator"] = NameOf(properties),
            ["state"] = properties.State?.ToString(),
            ["mmioRegions"] = properties.MmioCount,
            ["interrupts"] = properties.InterruptCount,
        };
    }

    internal static string? NameOf(FpgaProperties properties) =>
        properties.Guid is { } id ? AcceleratorIds.NameOf(id) : null;

    internal static string StateName(AcceleratorState? state) => state switch
    {
        AcceleratorState.Assigned => "assigned",
        AcceleratorState.Unassigned => "unassigned",
        _ => "cannot be opened",
    };

    private static string InterfaceName(FpgaInterface? way) => way switch
    {
        FpgaInterface.Dfl => "DFL",
        FpgaInterface.Vfio => "VFIO",
        FpgaInterface.SimulatedDfl => "SIM_DFL",
        FpgaInterface.SimulatedVfio => "SIM_VFIO",
        FpgaInterface.Uio => "UIO",
        _ => "unknown",
    };

    private static string Address(FpgaProperties properties) => string.Create(CultureInfo.InvariantCulture,
        $"{properties.Segment ?? 0:x4}:{properties.Bus:x2}:{properties.Device:x2}.{properties.Function:x}");

    private static string? Hex(ushort? number) =>
        number is { } value ? string.Create(CultureInfo.InvariantCulture, $"0x{value:x4}") : null;

    private static string Hex(ulong? number, int digits) => number is { } value
        ? "0x" + value.ToString("X" + digits, CultureInfo.InvariantCulture)
        : "unknown";

    private static string Number(uint? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "unknown";
}
