using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Scatterlist.Verbs.SoftRoce.Engine;

/// <summary>The host's addresses as GIDs: which interface carries them, and what payload fits its frames.</summary>
internal static class LocalAddresses
{
    internal const string AddressVariable = "SCATTERLIST_SOFTROCE_ADDRESS";

    // Ethernet, IP, UDP and the longest headers of RoCE, with the margin that other RoCE v2 stacks keep, so that both
    // ends of a link come to the same payload.
    private const int HeaderRoom = 80;
    private const int LoopbackMtu = 65536;

    /// <summary>The addresses that the options name, or the environment; empty when neither does.</summary>
    /// <exception cref="VerbsException">The environment's text is no address.</exception>
    internal static IReadOnlyList<IPAddress> Named(SoftNicOptions options)
    {
        string? text = Environment.GetEnvironmentVariable(AddressVariable);
        if (options.Addresses.Count > 0 || string.IsNullOrWhiteSpace(text))
            return options.Addresses;
        var named = new List<IPAddress>();
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            named.Add(IPAddress.TryParse(part, out IPAddress? address)
                ? address
                : throw new VerbsException(
                    $"ibv_open_device({AddressVariable}={text})", Errno.EINVAL, $"'{part}' is no IP address.",
                    $"Give addresses of this host, as {AddressVariable}=192.0.2.7,2001:db8::7"));
        }

        return named;
    }

    /// <summary>
    /// An address of 127/8 that hardly anybody else has: 22 bits at random, apart from the neighbourhood of 127.0.0.1.
    /// </summary>
    internal static IPAddress DrawLoopback()
    {
        int drawn = RandomNumberGenerator.GetInt32(1 << 22);
        return new IPAddress([127, (byte)(64 | (drawn >> 16)), (byte)(drawn >> 8), (byte)Math.Clamp(drawn & 0xff, 1, 254)]);
    }

    /// <summary>The place of an address in the GID table.</summary>
    internal static GidEntry Entry(IPAddress address, int index)
    {
        NetworkInterface? carrier = CarrierOf(address);
        return new GidEntry(
            Gid.FromAddress(address), index, 1, GidType.RoceV2, carrier is null ? 0 : IndexOf(carrier), carrier?.Name);
    }

    /// <summary>The largest payload whose packet fits a frame of the interface.</summary>
    internal static Mtu ActiveMtu(IPAddress address)
    {
        int room = (CarrierOf(address) is { } carrier ? FrameBytes(carrier) : LoopbackMtu) - HeaderRoom;
        var mtu = Mtu.Bytes256;
        while (mtu < Mtu.Bytes4096 && 256 << (int)mtu <= room)
            mtu++;
        return mtu;
    }

    /// <summary>Interfaces that are up, other than the loopback, with the addresses that a NIC can use.</summary>
    internal static IEnumerable<(string Interface, IReadOnlyList<IPAddress> Addresses)> Interfaces()
    {
        foreach (NetworkInterface candidate in NetworkInterface.GetAllNetworkInterfaces())
        {
            if (candidate.NetworkInterfaceType == NetworkInterfaceType.Loopback
                || candidate.OperationalStatus == OperationalStatus.Down)
            {
                continue;
            }

            IPAddress[] addresses =
            [
                .. candidate.GetIPProperties().UnicastAddresses.Select(unicast => unicast.Address)
                    .Where(address => !address.IsIPv6LinkLocal) // needs a scope, which a GID does not carry
                    .OrderBy(address => address.AddressFamily == AddressFamily.InterNetwork ? 0 : 1),
            ];
            if (addresses.Length > 0)
                yield return (candidate.Name, addresses);
        }
    }

    private static NetworkInterface? CarrierOf(IPAddress address)
    {
        NetworkInterface[] all = NetworkInterface.GetAllNetworkInterfaces();
        return IPAddress.IsLoopback(address)
            ? Array.Find(all, one => one.NetworkInterfaceType == NetworkInterfaceType.Loopback)
            : Array.Find(all, one => one.GetIPProperties().UnicastAddresses.Any(u => u.Address.Equals(address)));
    }

    private static int FrameBytes(NetworkInterface carrier)
    {
        string path = $"/sys/class/net/{carrier.Name}/mtu";
        return int.TryParse(ReadOrEmpty(path), out int bytes) ? bytes : 1500;
    }

    private static uint IndexOf(NetworkInterface carrier) =>
        uint.TryParse(ReadOrEmpty($"/sys/class/net/{carrier.Name}/ifindex"), out uint index) ? index : 0;

    private static string ReadOrEmpty(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (IOException)
        {
            return "";
        }
    }
}
