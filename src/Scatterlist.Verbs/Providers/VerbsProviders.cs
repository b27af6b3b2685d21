using Scatterlist.Verbs.Providers;
using Scatterlist.Verbs.Providers.LibIbverbs;

namespace Scatterlist.Verbs;

/// <summary>
/// The sources of RDMA devices, and the choice between them. A soft NIC's library registers itself
/// (<c>SoftRoceProvider.Register()</c>). Thread-safe.
/// </summary>
/// <remarks>
/// The choice: a name given by the program wins over the environment variable <c>SCATTERLIST_VERBS</c>
/// (<c>libibverbs</c>, <c>softroce</c> or <c>auto</c>). <c>auto</c>, the default, takes the first provider that has a
/// device, in the order of <see cref="Names"/>: hardware before software.
/// </remarks>
public static class VerbsProviders
{
    /// <summary>The environment variable that names the provider.</summary>
    public const string EnvironmentVariable = "SCATTERLIST_VERBS";

    /// <summary>The choice that takes the first provider with a device.</summary>
    public const string Auto = "auto";

    /// <summary>The name of the provider for real cards.</summary>
    public const string LibIbverbs = "libibverbs";

    /// <summary>The name of the soft NIC's provider.</summary>
    public const string SoftRoce = "softroce";

    private static readonly Lock Lock = new();
    private static VerbsProvider[] _providers = [new LibIbverbsProvider(() => IbvLibrary.Installed)];

    /// <summary>The registered providers, in the order in which <c>auto</c> asks them.</summary>
    public static IReadOnlyList<string> Names => [.. Volatile.Read(ref _providers).Select(provider => provider.Name)];

    /// <summary>Says which provider would be used now, and why.</summary>
    /// <param name="name">A provider's name or <c>auto</c>; null: as the environment says.</param>
    /// <exception cref="VerbsException">NotFound: no such provider is registered.</exception>
    public static ProviderChoice Choose(string? name = null) => Select(name, out ProviderChoice choice) is null
        ? throw new InvalidOperationException("A choice names a provider.")
        : choice;

    /// <summary>Adds a provider; one of the same name is replaced.</summary>
    internal static void Register(VerbsProvider provider)
    {
        lock (Lock)
        {
            // Hardware first, whatever the order of registration.
            _providers =
            [
                .. _providers.Where(other => other.Name != provider.Name).Append(provider)
                    .OrderBy(other => other.Name == LibIbverbs ? 0 : 1),
            ];
        }
    }

    internal static VerbsProvider Select(string? name, out ProviderChoice choice)
    {
        string source = "as the program asked";
        if (name is null)
        {
            name = Environment.GetEnvironmentVariable(EnvironmentVariable);
            source = $"as {EnvironmentVariable}={name} says";
        }

        if (string.IsNullOrEmpty(name) || name == Auto)
            return SelectAuto(out choice);
        VerbsProvider provider = Find(name) ?? throw Unknown(name);
        choice = new ProviderChoice(name, $"{name}, {source}.");
        return provider;
    }

    /// <summary>Every device that a choice covers: of the one provider, or of all under <c>auto</c>.</summary>
    internal static IEnumerable<(VerbsProvider Provider, ProviderDevice Device)> FindDevices(string? name)
    {
        string? asked = name ?? Environment.GetEnvironmentVariable(EnvironmentVariable);
        bool all = string.IsNullOrEmpty(asked) || asked == Auto;
        VerbsProvider[] providers = all ? Volatile.Read(ref _providers) : [Select(name, out _)];
        foreach (VerbsProvider provider in providers)
        {
            foreach (ProviderDevice device in all ? TryGetDevices(provider, out _) : provider.GetDevices())
                yield return (provider, device);
        }
    }

    private static VerbsProvider SelectAuto(out ProviderChoice choice)
    {
        var refused = new List<string>();
        VerbsProvider? last = null;
        foreach (VerbsProvider provider in Volatile.Read(ref _providers))
        {
            last = provider;
            int devices = TryGetDevices(provider, out string? failure).Count;
            if (devices != 0)
            {
                string before = refused.Count == 0 ? "" : $" ({string.Join("; ", refused)})";
                choice = new ProviderChoice(
                    provider.Name,
                    $"{provider.Name}, the first provider with a device: it has {devices}{before}.");
                return provider;
            }

            refused.Add($"{provider.Name}: {failure ?? "no device"}");
        }

        if (last is null)
            throw Unknown(Auto);
        choice = new ProviderChoice(last.Name, $"No provider has a device ({string.Join("; ", refused)}).");
        return last;
    }

    private static VerbsProvider? Find(string name) =>
        Volatile.Read(ref _providers).FirstOrDefault(provider => provider.Name == name);

    private static IReadOnlyList<ProviderDevice> TryGetDevices(VerbsProvider provider, out string? failure)
    {
        failure = null;
        try
        {
            return provider.GetDevices();
        }
        catch (VerbsException e)
        {
            failure = e.Message;
            return [];
        }
    }

    private static VerbsException Unknown(string name)
    {
        IReadOnlyList<string> names = Names;
        return new VerbsException(
            $"choosing the verbs provider '{name}'", Errno.ENOENT,
            names.Count == 0 ? "no provider is registered" : $"registered are: {string.Join(", ", names)}",
            $"Register one (SoftRoceProvider.Register() of Scatterlist.Verbs.SoftRoce), or name another one by "
                + $"{EnvironmentVariable}.");
    }
}
