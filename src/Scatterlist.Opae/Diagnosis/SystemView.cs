using Scatterlist.Opae.Interop;

namespace Scatterlist.Opae.Diagnosis;

/// <summary>
/// The files that tell about a machine, below a root that is <c>/</c> except in tests. What cannot be read is not there.
/// </summary>
internal sealed class SystemView(string root = "/")
{
    internal string PathOf(string path) => Path.Combine(root, path.TrimStart('/'));

    internal bool Exists(string path) => Path.Exists(PathOf(path));

    internal string? ReadText(string path)
    {
        try
        {
            return File.ReadAllText(PathOf(path)).Trim();
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    internal byte[] ReadBytes(string path, int count)
    {
        try
        {
            using FileStream file = File.OpenRead(PathOf(path));
            byte[] bytes = new byte[count];
            int read = file.ReadAtLeast(bytes, count, throwOnEndOfStream: false);
            return bytes[..read];
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>The last part of what a symbolic link points to: a driver's name, a group's number.</summary>
    internal string? LinkName(string path) =>
        LinkTarget(path) is { Length: > 0 } target ? Path.GetFileName(target.TrimEnd('/')) : null;

    internal string? LinkTarget(string path)
    {
        try
        {
            return new FileInfo(PathOf(path)).LinkTarget;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Names in a directory, in order.</summary>
    internal IReadOnlyList<string> Names(string path)
    {
        try
        {
            return [.. Directory.EnumerateFileSystemEntries(PathOf(path)).Select(entry => Path.GetFileName(entry))
                .Order(StringComparer.Ordinal)];
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Whether this process may open a node for reading and writing (access(2), by the real user).</summary>
    internal bool MayUse(string path) => LibC.Access(PathOf(path), LibC.ReadOk | LibC.WriteOk) == 0;

    internal string ModeOf(string path)
    {
        try
        {
            return Convert.ToString((int)File.GetUnixFileMode(PathOf(path)), 8).PadLeft(4, '0');
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return "????";
        }
    }

    /// <summary>The kernel's log, or a file of a test's; null where it may not be read.</summary>
    internal string? ReadKernelLog() => root == "/" ? KernelLog.Read() : ReadText("/dev/kmsg");
}
