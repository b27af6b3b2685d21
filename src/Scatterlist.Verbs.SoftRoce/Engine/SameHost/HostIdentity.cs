using System.Globalization;
using Scatterlist.Verbs.SoftRoce.Interop;

namespace Scatterlist.Verbs.SoftRoce.Engine.SameHost;

/// <summary>What two ends must have in common to share memory.</summary>
/// <param name="User">The effective user.</param>
/// <param name="Boot">The running kernel's boot id.</param>
/// <param name="Network">The network namespace's inode: the same address means another NIC in another namespace.</param>
internal sealed record HostIdentity(uint User, Guid Boot, ulong Network)
{
    private static readonly Lazy<HostIdentity?> Own = new(Read);

    /// <summary>This process's; null where /proc does not tell.</summary>
    internal static HostIdentity? Current => Own.Value;

    private static HostIdentity? Read()
    {
        try
        {
            Guid boot = Guid.Parse(File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim());
            string link = new FileInfo("/proc/self/ns/net").LinkTarget ?? "";
            ulong network = ulong.Parse(
                link.AsSpan(link.IndexOf('[', StringComparison.Ordinal) + 1).TrimEnd(']'), CultureInfo.InvariantCulture);
            return new HostIdentity(SameHostCalls.GetEffectiveUser(), boot, network);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or OverflowException)
        {
            return null;
        }
    }
}
