using System.Globalization;

namespace Scatterlist.Verbs.Providers.LibIbverbs;

/// <summary>What the kernel's files tell beside the library.</summary>
internal static class SysFs
{
    /// <summary>Whether the kernel has devices with verbs. libibverbs looks at the same place, and obeys the variable
    /// as well.</summary>
    internal static bool HasVerbsDevices => Directory.Exists(Path.Combine(Root, "class/infiniband_verbs"));

    /// <summary>Where sysfs is. An empty variable counts as none, as in libibverbs.</summary>
    private static string Root => Environment.GetEnvironmentVariable("SYSFS_PATH") is { Length: > 0 } root
        ? root
        : "/sys";

    /// <summary>The type of a GID, for libraries that cannot tell it.</summary>
    internal static GidType GidTypeOf(string device, byte port, int index)
    {
        string? text = TryRead(
            Path.Combine(Root, $"class/infiniband/{device}/ports/{port}/gid_attrs/types/{index}"));
        return text is null ? GidType.InfiniBand
            : text.Contains("v2", StringComparison.OrdinalIgnoreCase) ? GidType.RoceV2
            : GidType.RoceV1;
    }

    /// <summary>A network interface's name; null when it is gone or in another name space.</summary>
    internal static string? InterfaceName(uint index)
    {
        if (index == 0)
            return null;
        string number = index.ToString(CultureInfo.InvariantCulture);
        try
        {
            return Directory.EnumerateFileSystemEntries(Path.Combine(Root, "class/net"))
                .FirstOrDefault(path => TryRead(Path.Combine(path, "ifindex")) == number) is { } found
                ? Path.GetFileName(found)
                : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static string? TryRead(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // not there, or EINVAL for an empty place of a table
        }
    }
}
