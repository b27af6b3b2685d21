using Scatterlist.Verbs.Providers;
using Scatterlist.Verbs.SoftRoce.Engine;

namespace Scatterlist.Verbs.SoftRoce;

/// <summary>
/// The soft NIC as a source of devices. After <see cref="Register"/>, <c>Device.GetList</c> has <c>soft0</c>, a NIC with
/// an address of 127/8 of its own for programs on this host, and <c>soft_eth0</c> and the like for each network interface.
/// </summary>
public sealed class SoftRoceProvider
{
    /// <summary>The provider's name, for options and the environment's <c>SCATTERLIST_VERBS</c>.</summary>
    public const string Name = "softroce";

    /// <summary>The name of the device on the loopback.</summary>
    public const string LoopbackDevice = "soft0";

    private SoftRoceProvider()
    {
    }

    /// <summary>Makes the soft NIC known to <c>Device.GetList</c>. May be called again; thread-safe.</summary>
    public static void Register() => VerbsProviders.Register(Source.Instance);

    private sealed class Source : VerbsProvider
    {
        internal static readonly Source Instance = new();

        internal override string Name => SoftRoceProvider.Name;

        internal override IReadOnlyList<ProviderDevice> GetDevices() =>
        [
            new SoftRoceDevice(LoopbackDevice, new SoftNicOptions()),
            .. LocalAddresses.Interfaces().Select(carrier => new SoftRoceDevice(
                $"soft_{carrier.Interface}", new SoftNicOptions { Addresses = carrier.Addresses })),
        ];
    }
}
