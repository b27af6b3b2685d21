using Scatterlist.Tool.Report;
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

    /// <summary>Does something with every device. One that fails is told of, and the next one has its turn.</summary>
    /// <returns>Whether none failed.</returns>
    internal static bool TryEach<T>(IEnumerable<T> devices, Terminal terminal, Action<T> act, CancellationToken stop)
    {
        bool isGood = true;
        foreach (T device in devices)
        {
            stop.ThrowIfCancellationRequested();
            try
            {
                act(device);
            }
            catch (VerbsException exception)
            {
                terminal.Complain(exception.Message);
                isGood = false;
            }
        }

        return isGood;
    }

    /// <summary>The devices that a user chose: one by its name, or all.</summary>
    internal static IReadOnlyList<Device> Select(string? name, string? provider)
    {
        if (name is null)
            return List(provider);

        // As for opening one: a name is looked for among the devices of every provider.
        string asked = provider ?? Environment.GetEnvironmentVariable(VerbsProviders.EnvironmentVariable) ?? "";
        IEnumerable<string> providers = asked is "" or VerbsProviders.Auto ? VerbsProviders.Names : [asked];
        List<Device> devices = [.. providers.SelectMany(ListOrNone)];
        return devices.FirstOrDefault(device => device.Name == name) is { } device
            ? [device]
            : throw new VerbsException(
                $"opening the RDMA device '{name}'", Errno.ENOENT,
                devices.Count == 0 ? "there is no device" : $"there are: {string.Join(", ", devices.Select(d => d.Name))}",
                NoDeviceRemedy);

        IReadOnlyList<Device> ListOrNone(string one)
        {
            try
            {
                return List(one);
            }
            catch (VerbsException) when (one != asked)
            {
                return [];
            }
        }
    }
}
