using System.Globalization;

namespace Scatterlist;

/// <summary>
/// The remedies for the set-up troubles that every kind of device memory shares, with the exact commands. Exceptions
/// carry them and <c>sgl doctor</c> prints them, so that both say the same.
/// </summary>
public static class Remedies
{
    /// <summary>Locked memory is limited (RLIMIT_MEMLOCK of getrlimit(2)) and <paramref name="bytes"/> more are needed.</summary>
    public static string LockedMemory(ulong bytes) => string.Create(CultureInfo.InvariantCulture,
        $"Raise the limit on locked memory by at least {(bytes + 1023) / 1024} KiB: 'ulimit -l unlimited' in this shell, "
        + $"'* - memlock unlimited' in /etc/security/limits.conf for logins, LimitMEMLOCK=infinity in a systemd unit, "
        + $"'--ulimit memlock=-1' for a container.");

    /// <summary>The pool of huge pages is too small for <paramref name="pages"/> pages of <paramref name="pageSize"/> bytes.</summary>
    public static string HugePages(ulong pages, ulong pageSize) => string.Create(CultureInfo.InvariantCulture,
        $"Reserve {pages} huge pages of {pageSize / 1024} KiB: 'echo {pages} | sudo tee -a "
        + $"/sys/kernel/mm/hugepages/hugepages-{pageSize / 1024}kB/nr_hugepages', or allow PageFallback.Smaller.");

    /// <summary>The process has no descriptor left (RLIMIT_NOFILE of getrlimit(2)).</summary>
    public static string OpenFiles =>
        "Raise the limit on open descriptors: 'ulimit -n 65536' in this shell, LimitNOFILE=65536 in a systemd unit.";

    /// <summary>The system has too little memory for the request.</summary>
    public static string Memory =>
        "Ask for less, free memory, or raise the limits: 'ulimit -v', the cgroup's memory.max, vm.max_map_count.";
}
