using Scatterlist.Verbs.Providers;

namespace Scatterlist.Verbs;

/// <summary>An RDMA device that can be opened (struct ibv_device). Immutable.</summary>
public sealed class Device
{
    private readonly ProviderDevice _provider;

    private Device(ProviderDevice provider, string providerName)
    {
        _provider = provider;
        ProviderName = providerName;
    }

    /// <summary>The device's name, as <c>mlx5_0</c>.</summary>
    public string Name => _provider.Name;

    /// <summary>The node's GUID as a number; 0 where there is none.</summary>
    public ulong Guid => _provider.Guid;

    /// <summary>What kind of node it is.</summary>
    public NodeType NodeType => _provider.NodeType;

    /// <summary>What it speaks.</summary>
    public TransportType TransportType => _provider.TransportType;

    /// <summary>The provider that it is of: <c>libibverbs</c>, <c>softroce</c>.</summary>
    public string ProviderName { get; }

    /// <summary>The devices of the chosen provider (ibv_get_device_list(3)); see <see cref="VerbsProviders"/>.</summary>
    /// <param name="provider">A provider's name or <c>auto</c>; null: as the environment says.</param>
    /// <exception cref="VerbsException">NotFound: no such provider; or why it cannot work here.</exception>
    public static IReadOnlyList<Device> GetList(string? provider = null)
    {
        VerbsProvider chosen = VerbsProviders.Select(provider, out _);
        return [.. chosen.GetDevices().Select(device => new Device(device, chosen.Name))];
    }

    /// <summary>Opens a device by its name; under <c>auto</c> of any provider that has it.</summary>
    /// <param name="name">The device's name.</param>
    /// <param name="provider">A provider's name or <c>auto</c>; null: as the environment says.</param>
    /// <exception cref="VerbsException">NotFound: there is no such device; or why it cannot be opened.</exception>
    public static Context Open(string name, string? provider = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var names = new List<string>();
        foreach ((VerbsProvider source, ProviderDevice device) in VerbsProviders.FindDevices(provider))
        {
            if (device.Name == name)
                return new Device(device, source.Name).Open();
            names.Add(device.Name);
        }

        throw new VerbsException(
            $"opening the RDMA device '{name}'", Errno.ENOENT,
            names.Count == 0
                ? $"there is no device ({VerbsProviders.Choose(provider).Reason.TrimEnd('.')})"
                : $"there are: {string.Join(", ", names)}");
    }

    /// <summary>Opens the device (ibv_open_device(3)).</summary>
    /// <exception cref="VerbsException">It cannot be opened.</exception>
    public Context Open()
    {
        ProviderContext context = _provider.Open();
        try
        {
            return new Context(context, Name, ProviderName);
        }
        catch
        {
            context.Dispose(); // it does not answer
            throw;
        }
    }

    /// <summary>The name and the provider.</summary>
    public override string ToString() => $"{Name} ({ProviderName})";
}
