using Scatterlist.HostFd;
using Scatterlist.Tool.Commands;

namespace Scatterlist.Tool.Doctor;

/// <summary>What vectored I/O on descriptors finds on this machine.</summary>
internal static class HostFdChecks
{
    private const string Family = "hostfd";

    internal static IEnumerable<Check> Run()
    {
        yield return new Check(
            Family, "kernel", CheckStatus.Ok, ProcFile.Read("/proc/sys/kernel/osrelease") ?? "unknown");
        yield return Flags();
    }

    private static Check Flags()
    {
        const string Name = "RWF flags";
        string folder = Path.GetTempPath();
        try
        {
            using FileDescriptor descriptor = HostFile.Open(
                folder, OpenFlags.ReadWrite | OpenFlags.TemporaryFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            DescriptorProbe probe = DescriptorProbe.Inspect(descriptor);
            string[] refused = [.. HostFdCommand.Flags()
                .Where(known => ((probe.ReadFlags | probe.WriteFlags) & known.Flag) == 0).Select(known => known.Name)];
            return refused.Length == 0
                ? new Check(Family, Name, CheckStatus.Ok, $"all taken by files in {folder}")
                : new Check(
                    Family, Name, CheckStatus.Limited,
                    $"files in {folder} refuse {string.Join(", ", refused)}",
                    "They depend on the kernel and the file system: 'sgl hostfd probe PATH' tells for any file.");
        }
        catch (ScatterlistException exception)
        {
            return new Check(Family, Name, CheckStatus.Broken, exception.Message, exception.Remedy);
        }
    }
}
