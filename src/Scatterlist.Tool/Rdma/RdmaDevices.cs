using Scatterlist.Verbs;
using Scatterlist.Verbs.SoftRoce;

namespace Scatterlist.Tool.Rdma;

/// <summary>The RDMA devices of this machine, of all providers that this tool has.</summary>
internal static class RdmaDevices
{
    private const string NoDeviceRemedy =
        "Without a card use the soft NIC: '--provider softroce', or unset SCATTERLIST_VERBS.";

    static RdmaDevices() => SoftRoceProvider.Register();

    /// <summary>Which provider is used, and why.</summary>
    internal static ProviderChoice Choose(string? provider) => VerbsProviders.Choose(provider);

    internal static IReadOnlyList<Device> List(string? provider) => Device.GetList(provider);

    internal static Context Open(string? name, string? provider)
    {
        if (name is not null)
            return Device.Open(name, provider);
        IReadOnlyList<Device> devices = List(provider);
        return devices.Count != 0
            ? devices[0].Open()
            : throw new VerbsException(
                "opening an RDMA device", Errno.ENOENT, Choose(provider).Reason.TrimEnd('.'), NoDeviceRemedy);
    }

    /// <summary>The devices that a user chose: one by its name, or all.</summary>
    internal static IReadOnlyList<Device> Select(string? name, string? provider)
    {
        IReadOnlyList<Device> devices = List(provider);
        if (name is null)
            return devices;
        return devices.FirstOrDefault(device => device.Name == name) is { } device
            ? [device]
            : throw new VerbsException(
                $"opening the RDMA device '{name}'", Errno.ENOENT,
                devices.Count == 0 ? "there is no device" : $"there are: {string.Join(", ", devices.Select(d => d.Name))}",
                NoDeviceRemedy);
    }
}
