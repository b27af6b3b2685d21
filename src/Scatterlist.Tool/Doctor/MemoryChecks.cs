using Scatterlist.Tool.Report;

namespace Scatterlist.Tool.Doctor;

/// <summary>What host memory for devices needs of this machine.</summary>
internal static class MemoryChecks
{
    private const string Family = "memory";
    private const int CapIpcLock = 14;
    private const ulong ComfortableLockedMemory = 1ul << 30;
    private const ulong ComfortableOpenFiles = 4096;
    private const ulong SuggestedHugeMemory = 256ul << 20;

    internal static IEnumerable<Check> Run()
    {
        yield return new Check(Family, "page size", CheckStatus.Ok, Units.Size(HostBuffer.BasePageSize));
        yield return LockedMemory();
        yield return OpenFiles();
        yield return HugePages(PageSize.Huge2MiB, "2 MiB pages");
        yield return HugePages(PageSize.Huge1GiB, "1 GiB pages");
        yield return TransparentHugePages();
        yield return Shareable();
    }

    private static Check LockedMemory()
    {
        const string Name = "locked memory";
        if (ProcFile.HasCapability(CapIpcLock))
            return new Check(Family, Name, CheckStatus.Ok, "no limit (CAP_IPC_LOCK)");
        return ProcFile.SoftLimit("Max locked memory") is not { } limit
            ? new Check(Family, Name, CheckStatus.Ok, "no limit")
            : new Check(
                Family, Name, limit < ComfortableLockedMemory ? CheckStatus.Limited : CheckStatus.Ok,
                Units.Size(limit),
                limit < ComfortableLockedMemory ? Remedies.LockedMemory(ComfortableLockedMemory) : null);
    }

    private static Check OpenFiles()
    {
        ulong limit = ProcFile.SoftLimit("Max open files") ?? ulong.MaxValue;
        bool few = limit < ComfortableOpenFiles;
        return new Check(
            Family, "open descriptors", few ? CheckStatus.Limited : CheckStatus.Ok,
            limit == ulong.MaxValue ? "no limit" : $"{limit}", few ? Remedies.OpenFiles : null);
    }

    private static Check HugePages(PageSize size, string name)
    {
        ulong bytes = 1ul << (int)size;
        string pool = $"/sys/kernel/mm/hugepages/hugepages-{bytes / 1024}kB/";
        if (ProcFile.ReadNumber(pool + "nr_hugepages") is not { } total)
            return new Check(Family, name, CheckStatus.Absent, "this processor or kernel has none");
        ulong pages = Math.Max(1, SuggestedHugeMemory / bytes);
        ulong free = ProcFile.ReadNumber(pool + "free_hugepages") ?? 0;
        return total == 0
            ? new Check(Family, name, CheckStatus.Absent, "none reserved", Remedies.HugePages(pages, bytes))
            : new Check(Family, name, free == 0 ? CheckStatus.Limited : CheckStatus.Ok, $"{free} of {total} free",
                free == 0 ? Remedies.HugePages(total + pages, bytes) : null);
    }

    private static Check TransparentHugePages()
    {
        const string Name = "transparent huge pages";
        string? setting = ProcFile.Read("/sys/kernel/mm/transparent_hugepage/enabled");
        if (setting is null)
            return new Check(Family, Name, CheckStatus.Absent, "not in this kernel");
        bool never = setting.Contains("[never]", StringComparison.Ordinal);
        return new Check(
            Family, Name, never ? CheckStatus.Limited : CheckStatus.Ok, setting,
            never ? "echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled" : null);
    }

    private static Check Shareable()
    {
        const string Name = "shareable memory (memfd)";
        try
        {
            using HostBuffer buffer = HostBuffer.Allocate(1, new HostBufferOptions { IsShareable = true });
            return new Check(Family, Name, CheckStatus.Ok, "works");
        }
        catch (ScatterlistException exception)
        {
            return Check.Failed(Family, Name, CheckStatus.Broken, exception);
        }
    }
}
