using System.Globalization;
using Scatterlist.Opae.Diagnosis;
using Scatterlist.Vfio;

namespace Scatterlist.Opae.Providers;

/// <summary>This machine's PCI devices that are bound to vfio-pci, from sysfs.</summary>
internal static class SystemDevices
{
    internal const string DriverDirectory = "/sys/bus/pci/drivers/vfio-pci";
    internal const string DeviceDirectory = "/sys/bus/pci/devices";

    internal static IEnumerable<DeviceCandidate> Find(string driverDirectory = DriverDirectory)
    {
        if (!Directory.Exists(driverDirectory))
            yield break;
        foreach (string path in Directory.EnumerateFileSystemEntries(driverDirectory).Order(StringComparer.Ordinal))
        {
            string name = Path.GetFileName(path);
            if (TryParseAddress(name, out FpgaProperties? address))
                yield return new DeviceCandidate(name, () => Open(name), WithIds(path, address!));
        }
    }

    /// <summary>Reads <c>0000:03:00.0</c>.</summary>
    internal static bool TryParseAddress(string text, out FpgaProperties? address)
    {
        address = null;
        string[] parts = text.Split(':', '.');
        if (parts.Length != 4 || text.Length < 12
            || !ushort.TryParse(parts[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ushort segment)
            || !byte.TryParse(parts[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out byte bus)
            || !byte.TryParse(parts[2], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out byte device)
            || !byte.TryParse(parts[3], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out byte function)
            || device > 31 || function > 7)
        {
            return false;
        }

        uint number = ((uint)segment << 16) | ((uint)bus << 8) | ((uint)device << 3) | function;
        address = new FpgaProperties
        {
            Segment = segment, Bus = bus, Device = device, Function = function, ObjectId = (ulong)number << 32,
        };
        return true;
    }

    /// <summary>Bytes of a device's BAR 0, from the first line of its resource file: start, end, flags.</summary>
    internal static ulong? BarLength(FpgaProperties properties)
    {
        if (properties.Bus is null)
            return null;
        string name = string.Create(CultureInfo.InvariantCulture,
            $"{properties.Segment ?? 0:x4}:{properties.Bus:x2}:{properties.Device:x2}.{properties.Function:x}");
        string[]? words = ReadText(Path.Combine(DeviceDirectory, name), "resource")?.Split('\n')[0].Split(' ');
        return words is { Length: >= 2 } && TryReadHex(words[0], out ulong first) && TryReadHex(words[1], out ulong last)
            && last > first
                ? last - first + 1
                : null;
    }

    private static bool TryReadHex(string text, out ulong value)
    {
        value = 0;
        return text.StartsWith("0x", StringComparison.Ordinal)
            && ulong.TryParse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out value);
    }

    private static FpgaProperties WithIds(string path, FpgaProperties address) => address with
    {
        VendorId = ReadHex(path, "vendor"),
        DeviceId = ReadHex(path, "device"),
        SubsystemVendorId = ReadHex(path, "subsystem_vendor"),
        SubsystemDeviceId = ReadHex(path, "subsystem_device"),
        SocketId = ReadSocket(path),
    };

    private static ushort? ReadHex(string path, string file) =>
        ReadText(path, file) is { } text && text.StartsWith("0x", StringComparison.Ordinal)
        && ushort.TryParse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ushort value)
            ? value
            : null;

    // The NUMA node, as OPAE's own plugin takes it; -1 where the machine has none.
    private static byte? ReadSocket(string path) =>
        byte.TryParse(ReadText(path, "numa_node"), CultureInfo.InvariantCulture, out byte node) ? node : null;

    private static string? ReadText(string path, string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(path, file)).Trim();
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // EPERM is said by a group with strangers in it and by a platform without interrupt remapping alike; the first is no
    // question of privileges, but of drivers.
    private static VfioKernelDevice Open(string address)
    {
        try
        {
            return VfioKernelDevice.Open(address);
        }
        catch (VfioException exception) when (exception.Errno == Errno.EPERM)
        {
            FpgaFinding? inTheWay = DeviceDiagnosis.Run(new SystemView(), address)
                .FirstOrDefault(finding => finding.Status == FpgaFindingStatus.Broken);
            if (inTheWay is null)
                throw;
            throw new FpgaException($"Open({address})", FpgaResult.NoDriver, exception.Errno, inTheWay.Found,
                inTheWay.Remedy, exception);
        }
    }
}
