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
        yield return Copies();
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
                    Family, Name,
                    refused is ["RWF_ATOMIC"] ? CheckStatus.Ok : CheckStatus.Limited, // few file systems have it
                    $"files in {folder} take all but {string.Join(", ", refused)}",
                    "The flags depend on the kernel and the file system: 'sgl hostfd probe PATH' tells for any file.");
        }
        catch (ScatterlistException exception)
        {
            return Check.Failed(Family, Name, CheckStatus.Broken, exception);
        }
    }

    // SafeCopy has a slower way where process_vm_readv(2) is forbidden, as it is in some containers.
    private static Check Copies()
    {
        const string Name = "copies of memory that may fault";
        try
        {
            using HostBuffer from = HostBuffer.Allocate(4096);
            using HostBuffer to = HostBuffer.Allocate(4096);
            from.AsSpan().Fill(0x5a);
            using BufferLease source = from.Lease();
            using BufferLease destination = to.Lease();
            SafeCopyResult result = SafeCopy.Copy(destination.Block, source.Block);
            return result is { IsSuccess: true, Bytes: 4096 } && to.AsSpan().SequenceEqual(from.AsSpan())
                ? new Check(Family, Name, CheckStatus.Ok, "work")
                : new Check(Family, Name, CheckStatus.Broken, $"{result} of 4096");
        }
        catch (ScatterlistException exception)
        {
            return Check.Failed(Family, Name, CheckStatus.Broken, exception);
        }
    }
}
