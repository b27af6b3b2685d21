using System.Globalization;

namespace Scatterlist.Opae.SoftAccelerator.Tests.Machine;

/// <summary>The kernel's pool of huge pages of one size.</summary>
internal sealed class HugePages(int kibibytes)
{
    private readonly string _pool = $"/sys/kernel/mm/hugepages/hugepages-{kibibytes}kB";

    internal int Free => Directory.Exists(_pool) ? Read("free_hugepages") : -1;

    /// <summary>Why there are none, for who needs one.</summary>
    internal string WhyNone => Directory.Exists(_pool)
        ? $"none of {kibibytes} KiB is free"
        : $"the processor has none of {kibibytes} KiB{(kibibytes == 1 << 20 ? " (pdpe1gb)" : "")}";

    /// <summary>Asks for a number of them in all.</summary>
    internal void Reserve(int count)
    {
        File.WriteAllText($"{_pool}/nr_hugepages", count.ToString(CultureInfo.InvariantCulture));
        if (Read("nr_hugepages") != count)
            Assert.Skip($"huge pages: the machine has no room for {count} of {kibibytes} KiB");
    }

    private int Read(string name) => int.Parse(File.ReadAllText($"{_pool}/{name}"), CultureInfo.InvariantCulture);
}
