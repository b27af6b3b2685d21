using System.Globalization;
using Scatterlist.Tool.Rdma;
using Scatterlist.Tool.Report;
using Scatterlist.Verbs;
using Scatterlist.Verbs.SoftRoce;

namespace Scatterlist.Tool.Doctor;

/// <summary>What RDMA needs of this machine, and what stands in for a card.</summary>
internal static class VerbsChecks
{
    private const string Family = "verbs";
    private const string SoftRemedy = "Without a card: nothing to do, programs use the soft NIC ('sgl devinfo').";
    private const int CapIpcLock = 14;
    private const ulong ComfortableLockedMemory = 1ul << 30;
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    internal static IEnumerable<Check> Run()
    {
        string[] cards = Directory.Exists("/sys/class/infiniband")
            ? [.. Directory.EnumerateFileSystemEntries("/sys/class/infiniband").Select(Path.GetFileName).Order()!]
            : [];
        yield return Cards(cards);
        if (cards.Length != 0)
        {
            yield return Permission();
            yield return LockedMemory();
        }

        yield return Provider();
        yield return RocePort();
        yield return MeetingPlace();
        yield return SoftNicWorks();
    }

    private static Check Cards(string[] cards) => cards.Length == 0
        ? new Check(Family, "RDMA devices of the kernel", CheckStatus.Absent, "none", SoftRemedy)
        : new Check(Family, "RDMA devices of the kernel", CheckStatus.Ok, string.Join(", ", cards));

    private static Check Permission()
    {
        const string Name = "access to them";
        string[] nodes = Directory.Exists("/dev/infiniband") ? Directory.GetFiles("/dev/infiniband", "uverbs*") : [];
        if (nodes.Length == 0)
        {
            return new Check(
                Family, Name, CheckStatus.Limited, "there is no /dev/infiniband/uverbs*", "sudo modprobe ib_uverbs");
        }

        string[] closed = [.. nodes.Where(node => !CanOpen(node)).Order()];
        return closed.Length == 0
            ? new Check(Family, Name, CheckStatus.Ok, string.Join(", ", nodes.Order()))
            : new Check(
                Family, Name, CheckStatus.Limited, $"{string.Join(", ", closed)} cannot be opened",
                $"sudo chmod a+rw {string.Join(' ', closed)}");
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

    // What a card reaches is locked; the soft NIC locks nothing.
    private static Check LockedMemory()
    {
        const string Name = "memory that they may reach";
        if (ProcFile.HasCapability(CapIpcLock) || ProcFile.SoftLimit("Max locked memory") is not { } limit)
            return new Check(Family, Name, CheckStatus.Ok, "no limit");
        return limit >= ComfortableLockedMemory
            ? new Check(Family, Name, CheckStatus.Ok, Units.Size(limit))
            : new Check(
                Family, Name, CheckStatus.Limited, Units.Size(limit), Remedies.LockedMemory(ComfortableLockedMemory));
    }

    private static Check Provider()
    {
        const string Name = "provider";
        try
        {
            return new Check(Family, Name, CheckStatus.Ok, RdmaDevices.Choose(null).Reason);
        }
        catch (VerbsException exception)
        {
            return Check.Failed(Family, Name, CheckStatus.Limited, exception);
        }
    }

    // The kernel's soft RoCE binds the port for all addresses, and so for every soft NIC's.
    private static Check RocePort()
    {
        const string Name = "UDP port 4791";
        bool isLoaded = Directory.Exists("/sys/module/rdma_rxe");
        return IsHeldForAll("/proc/net/udp") || IsHeldForAll("/proc/net/udp6")
            ? new Check(
                Family, Name, CheckStatus.Limited,
                isLoaded ? "held by the kernel's rdma_rxe" : "held by another program for all addresses",
                isLoaded ? "sudo modprobe -r rdma_rxe" : $"Which one: sudo ss -lunp 'sport = :{SoftNicOptions.RocePort}'")
            : new Check(Family, Name, CheckStatus.Ok, isLoaded ? "free; rdma_rxe is loaded without a device" : "free");
    }

    private static bool IsHeldForAll(string table)
    {
        string port = SoftNicOptions.RocePort.ToString("X4", CultureInfo.InvariantCulture);
        string? text = ProcFile.Read(table);
        return text is not null && text.Split('\n').Skip(1).Any(line =>
        {
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return fields.Length > 1 && fields[1].Split(':') is [var address, var local]
                && local == port && address.All(digit => digit == '0');
        });
    }

    // Where the soft NICs of one user find each other; as docs/soft-nic.md has it.
    private static Check MeetingPlace()
    {
        const string Name = "same-host directory";
        string? runtime = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        string place = !string.IsNullOrEmpty(runtime) && Directory.Exists(runtime)
            ? Path.Combine(runtime, "scatterlist")
            : $"/tmp/scatterlist-{ProcFile.UserId()}";
        if (!new SoftNicOptions().SameHost)
            return new Check(Family, Name, CheckStatus.Ok, "not used: SCATTERLIST_SOFTROCE_SAMEHOST switches the path off");
        if (!Directory.Exists(place))
            return new Check(Family, Name, CheckStatus.Ok, $"{place}, made when first needed");
        return (File.GetUnixFileMode(place) & Others) == 0 && CanList(place)
            ? new Check(Family, Name, CheckStatus.Ok, place)
            : new Check(
                Family, Name, CheckStatus.Limited, $"{place} is not of this user alone: soft NICs use UDP instead",
                $"Remove it, or: chmod 700 {place}");
    }

    private static bool CanList(string place)
    {
        try
        {
            _ = Directory.EnumerateFileSystemEntries(place).Any();
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    // The stand-in is tried for real: a queue pair that writes to itself.
    private static Check SoftNicWorks()
    {
        const string Name = "soft NIC";
        try
        {
            using Context context = SoftNic.Open();
            using ProtectionDomain domain = context.AllocateDomain();
            using HostBuffer buffer = HostBuffer.Allocate(8192);
            using MemoryRegion region = domain.Register(buffer, AccessFlags.LocalWrite | AccessFlags.RemoteWrite);
            using CompletionQueue queue = context.CreateCompletionQueue(4);
            using PreparedQueuePair prepared = QueuePair.Builder(domain).WithCompletionQueue(queue).Build();
            using QueuePair queuePair = prepared.Handshake(prepared.Endpoint);
            Random.Shared.NextBytes(buffer.AsSpan(0, 4096));
            WorkCompletion done = queuePair
                .WriteAsync(new WriteWorkRequest(region.Gather(0, 4096), region.Remote.Slice(4096)))
                .AsTask().WaitAsync(TimeSpan.FromSeconds(10)).GetAwaiter().GetResult();
            if (!done.IsSuccess)
                return new Check(Family, Name, CheckStatus.Broken, $"a write to itself failed: {done.Status}");
            return buffer.AsSpan(0, 4096).SequenceEqual(buffer.AsSpan(4096, 4096))
                ? new Check(Family, Name, CheckStatus.Ok, $"works, at {context.GetDefaultGid().Gid.ToAddress()}")
                : new Check(Family, Name, CheckStatus.Broken, "other bytes came than were written");
        }
        catch (ScatterlistException exception)
        {
            return Check.Failed(
                Family, Name, exception.Errno == Errno.EADDRINUSE ? CheckStatus.Limited : CheckStatus.Broken, exception);
        }
        catch (TimeoutException)
        {
            return new Check(Family, Name, CheckStatus.Broken, "a write to itself does not complete");
        }
    }
}
