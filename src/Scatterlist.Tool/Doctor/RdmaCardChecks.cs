using System.Net;
using System.Net.Sockets;
using Scatterlist.Tool.Rdma;
using Scatterlist.Tool.Report;
using Scatterlist.Verbs;

namespace Scatterlist.Tool.Doctor;

/// <summary>The RDMA devices of the kernel: what stands between a program and each of them.</summary>
/// <param name="sysFs">The root of sysfs; libibverbs obeys SYSFS_PATH too.</param>
/// <param name="nodes">Where the device nodes are.</param>
/// <param name="lockedMemory">What the process may lock in bytes; null: no limit.</param>
/// <param name="listed">The devices that libibverbs lists; it throws where it cannot.</param>
internal sealed class RdmaCardChecks(
    string sysFs, string nodes, ulong? lockedMemory, Func<IReadOnlyList<string>> listed)
{
    private const string Family = "verbs";
    private const string SoftRemedy = "Without a card: nothing to do, programs use the soft NIC ('sgl devinfo').";
    private const int CapIpcLock = 14;
    private const ulong ComfortableLockedMemory = 1ul << 30;

    /// <summary>The checks of this machine.</summary>
    internal static RdmaCardChecks Here() => new(
        Environment.GetEnvironmentVariable("SYSFS_PATH") is { Length: > 0 } root ? root : "/sys",
        "/dev/infiniband",
        ProcFile.HasCapability(CapIpcLock) ? null : ProcFile.SoftLimit("Max locked memory"),
        () => [.. RdmaDevices.List(VerbsProviders.LibIbverbs).Select(device => device.Name)]);

    internal IEnumerable<Check> Run()
    {
        string[] cards = Names("class/infiniband");
        if (cards.Length == 0)
        {
            yield return new Check(Family, "RDMA devices of the kernel", CheckStatus.Absent, "none", SoftRemedy);
            yield break;
        }

        yield return new Check(Family, "RDMA devices of the kernel", CheckStatus.Ok, string.Join(", ", cards));
        yield return Access();
        yield return Drivers(cards);
        yield return LockedMemory();
        foreach (string card in cards)
        {
            foreach (string port in Names($"class/infiniband/{card}/ports"))
            {
                Check state = State(card, port);
                yield return state;
                if (state.Status == CheckStatus.Ok)
                    yield return Addresses(card, port);
            }
        }
    }

    private Check Access()
    {
        const string Name = "access to them";
        string[] devices = Names("class/infiniband_verbs").Where(name => name.StartsWith("uverbs", StringComparison.Ordinal))
            .Select(name => Path.Combine(nodes, name)).ToArray();
        if (devices.Length == 0)
        {
            return new Check(
                Family, Name, CheckStatus.Limited, "the kernel's ib_uverbs is not loaded", "sudo modprobe ib_uverbs");
        }

        string[] missing = [.. devices.Where(node => !File.Exists(node))];
        if (missing.Length != 0)
        {
            return new Check(
                Family, Name, CheckStatus.Limited, $"there is no {string.Join(", ", missing)}",
                "In a container: start it with --device=/dev/infiniband (docker, podman). Else: sudo udevadm trigger.");
        }

        string[] closed = [.. devices.Where(node => !CanOpen(node))];
        return closed.Length == 0
            ? new Check(Family, Name, CheckStatus.Ok, string.Join(", ", devices))
            : new Check(
                Family, Name, CheckStatus.Limited, $"{string.Join(", ", closed)} cannot be opened",
                $"sudo chmod a+rw {string.Join(' ', closed)}");
    }

    // libibverbs says nothing of a device that it has no driver for: it leaves it out.
    private Check Drivers(string[] cards)
    {
        const string Name = "drivers of libibverbs";
        try
        {
            string[] unknown = [.. cards.Except(listed())];
            return unknown.Length == 0
                ? new Check(Family, Name, CheckStatus.Ok, "for all of them")
                : new Check(
                    Family, Name, CheckStatus.Limited, $"libibverbs does not list {string.Join(", ", unknown)}",
                    "sudo apt install ibverbs-providers (Debian, Ubuntu); elsewhere rdma-core has the drivers.");
        }
        catch (VerbsException exception)
        {
            return Check.Failed(Family, Name, CheckStatus.Limited, exception);
        }
    }

    // What a card reaches is locked; the soft NIC locks nothing.
    private Check LockedMemory()
    {
        const string Name = "memory that they may reach";
        if (lockedMemory is not { } limit)
            return new Check(Family, Name, CheckStatus.Ok, "no limit");
        return limit >= ComfortableLockedMemory
            ? new Check(Family, Name, CheckStatus.Ok, Units.Size(limit))
            : new Check(
                Family, Name, CheckStatus.Limited, Units.Size(limit), Remedies.LockedMemory(ComfortableLockedMemory));
    }

    private Check State(string card, string port)
    {
        string name = $"{card} port {port}";
        string state = Read($"{PortOf(card, port)}/state") ?? "unknown"; // "4: ACTIVE"
        if (state.StartsWith('4'))
            return new Check(Family, name, CheckStatus.Ok, "active");
        string? physical = Read($"{PortOf(card, port)}/phys_state");
        string found = $"not active: {Word(state)}{(physical is null ? "" : $", link {Word(physical)}")}";
        string remedy = IsEthernet(card, port)
            ? $"sudo ip link set {Interface(card, port)} up; if it stays down, look at the cable and the switch."
            : "Look at the cable and at the subnet manager: 'sudo systemctl start opensm' on one machine of the fabric.";
        return new Check(Family, name, CheckStatus.Limited, found, remedy);
    }

    // The first place of the table, which many programs take, is hardly ever the address that peers can reach.
    private Check Addresses(string card, string port)
    {
        string name = $"GIDs of {card} port {port}";
        (int Index, Gid Gid, bool IsV2)[] gids = [.. ReadGids(card, port)];
        if (!IsEthernet(card, port))
        {
            return gids.Length != 0
                ? new Check(Family, name, CheckStatus.Ok, $"index {gids[0].Index}, {gids[0].Gid}")
                : new Check(Family, name, CheckStatus.Limited, "none", "Start the subnet manager (opensm).");
        }

        string give = $"sudo ip address add ADDRESS/24 dev {Interface(card, port)}";
        (int Index, Gid Gid, bool IsV2)[] routable =
            [.. gids.Where(gid => gid.IsV2 && !IsLinkLocal(gid.Gid)).OrderBy(gid => gid.Gid.IsIPv4 ? 0 : 1)];
        if (routable.Length != 0)
        {
            (int index, Gid gid, _) = routable[0];
            string others = index == 0 ? "" : $"; index 0 is another: give other programs '-g {index}' or '-x {index}'";
            return new Check(Family, name, CheckStatus.Ok, $"index {index}, {gid.ToAddress()} (RoCE v2){others}");
        }

        string found = gids.Length == 0 ? "the table is empty"
            : gids.Any(gid => gid.IsV2) ? "link-local addresses alone: peers of another link are not reached"
            : "RoCE v1 alone, which no router and no soft NIC takes";
        return new Check(Family, name, CheckStatus.Limited, found, give);
    }

    private IEnumerable<(int Index, Gid Gid, bool IsV2)> ReadGids(string card, string port)
    {
        string folder = PortOf(card, port);
        foreach (string place in Names($"{folder}/gids").OrderBy(place => int.TryParse(place, out int n) ? n : int.MaxValue))
        {
            if (int.TryParse(place, out int index) && Read($"{folder}/gids/{place}") is { } text
                && Gid.TryParse(text, null, out Gid gid) && !gid.IsZero)
            {
                string type = Read($"{folder}/gid_attrs/types/{place}") ?? "";
                yield return (index, gid, type.Contains("v2", StringComparison.OrdinalIgnoreCase));
            }
        }
    }

    private static bool IsLinkLocal(Gid gid)
    {
        IPAddress address = gid.ToAddress();
        return address.AddressFamily == AddressFamily.InterNetworkV6 && address.IsIPv6LinkLocal;
    }

    private bool IsEthernet(string card, string port) => Read($"{PortOf(card, port)}/link_layer") != "InfiniBand";

    private string Interface(string card, string port) =>
        Names($"{PortOf(card, port)}/gid_attrs/ndevs").Select(place => Read($"{PortOf(card, port)}/gid_attrs/ndevs/{place}"))
            .FirstOrDefault(name => !string.IsNullOrEmpty(name))
        ?? Names($"class/infiniband/{card}/device/net").FirstOrDefault()
        ?? "INTERFACE";

    private static string PortOf(string card, string port) => $"class/infiniband/{card}/ports/{port}";

    private static string Word(string state) => state[(state.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();

    private string? Read(string path) => ProcFile.Read(Path.Combine(sysFs, path));

    private string[] Names(string path)
    {
        string folder = Path.Combine(sysFs, path);
        return Directory.Exists(folder)
            ? [.. Directory.EnumerateFileSystemEntries(folder).Select(entry => Path.GetFileName(entry)).Order()]
            : [];
    }

    private static bool CanOpen(string node)
    {
        try
        {
            using FileStream file = new(node, FileMode.Open, FileAccess.ReadWrite);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
