using System.Globalization;
using Scatterlist.Tool.Rdma;
using Scatterlist.Verbs;
using Scatterlist.Verbs.SoftRoce;

namespace Scatterlist.Tool.Doctor;

/// <summary>What RDMA needs of this machine, and what stands in for a card.</summary>
internal static class VerbsChecks
{
    private const string Family = "verbs";
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    internal static IEnumerable<Check> Run()
    {
        foreach (Check check in RdmaCardChecks.Here().Run())
            yield return check;
        yield return Provider();
        yield return RocePort();
        yield return MeetingPlace();
        yield return SoftNicWorks();
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
