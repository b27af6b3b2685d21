using System.CommandLine;
using System.Numerics;
using System.Text.Json.Nodes;
using Scatterlist.HostFd;
using Scatterlist.Tool.Report;
using Spectre.Console;

namespace Scatterlist.Tool.Commands;

/// <summary><c>sgl hostfd probe PATH</c>: what a file takes.</summary>
internal static class HostFdCommand
{
    internal static Command Create() =>
        new("hostfd", "Files and other descriptors of this machine.") { CreateProbe() };

    private static Command CreateProbe()
    {
        var path = new Argument<string>("PATH")
        {
            Description = "A file or a device; a directory stands for a new file in it.",
        };
        var command = new Command("probe", "Tell which flags, alignment and limits a file has. Nothing in it changes.")
        {
            path,
        };
        command.SetRunner((parsed, terminal, stop) =>
        {
            string name = CommonOptions.PathNotOption(parsed.GetRequiredValue(path));
            using FileDescriptor descriptor = Open(name);
            DescriptorProbe probe = DescriptorProbe.Inspect(descriptor);
            if (terminal.IsJson)
                Terminal.WriteJson(ToJson(name, probe));
            else
                Print(name, probe, terminal);
            return ExitCodes.Success;
        });
        return command;
    }

    // What cannot be opened for both is probed for what it can be opened for.
    private static FileDescriptor Open(string path)
    {
        if (Directory.Exists(path))
        {
            return HostFile.Open(
                path, OpenFlags.ReadWrite | OpenFlags.TemporaryFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        try
        {
            return HostFile.Open(path, OpenFlags.ReadWrite | OpenFlags.NonBlocking);
        }
        catch (ScatterlistException exception) when (exception.Errno is Errno.EACCES or Errno.EROFS or Errno.EPERM
            or Errno.ETXTBSY)
        {
            return HostFile.Open(path, OpenFlags.ReadOnly | OpenFlags.NonBlocking);
        }
    }

    internal static IEnumerable<(ReadWriteFlags Flag, string Name)> Flags()
    {
        string[] names =
            ["HIPRI", "DSYNC", "SYNC", "NOWAIT", "APPEND", "NOAPPEND", "ATOMIC", "DONTCACHE", "NOSIGNAL"];
        for (int bit = 0; bit < names.Length; bit++)
            yield return ((ReadWriteFlags)(1u << bit), "RWF_" + names[bit]);
    }

    private static void Print(string path, DescriptorProbe probe, Terminal terminal)
    {
        terminal.Out.MarkupLine(
            $"[bold]{Markup.Escape(path)}[/]: {probe.Kind}, {Units.Size(probe.Size)}, "
            + $"{(probe.IsSeekable ? "seekable" : "a stream")}, block size {probe.BlockSize}");
        Table table = new Table().Border(TableBorder.Simple).AddColumns("Flag", "Reads", "Writes");
        foreach ((ReadWriteFlags flag, string name) in Flags())
        {
            table.AddRow(
                name,
                Word(flag, probe.IsReadable, probe.ReadFlags, probe.UnknownReadFlags),
                Word(flag, probe.IsWritable, probe.WriteFlags, probe.UnknownWriteFlags));
        }

        terminal.Out.Write(table);
        terminal.Out.MarkupLine(probe.DirectOffsetAlignment == 0
            ? "O_DIRECT: the file system does not tell the alignment, or does not support it"
            : $"O_DIRECT: memory aligned to {probe.DirectMemoryAlignment}, offsets and lengths to "
                + $"{probe.DirectOffsetAlignment} bytes");
        terminal.Out.MarkupLine(probe.AtomicWriteUnitMax == 0
            ? "atomic writes: none"
            : $"atomic writes: {probe.AtomicWriteUnitMin} to {probe.AtomicWriteUnitMax} bytes, at most "
                + $"{probe.AtomicWriteSegmentsMax} blocks");
        terminal.Out.MarkupLine(
            $"one call: at most {HostIO.MaxReadWriteIov} blocks and {HostIO.MaxTransferBytes} bytes");
    }

    private static string Word(ReadWriteFlags flag, bool possible, ReadWriteFlags accepted, ReadWriteFlags unknown)
    {
        if (!possible)
            return "[grey]-[/]";
        if ((unknown & flag) != 0)
            return "[yellow]unknown[/]";
        return (accepted & flag) != 0 ? "[green]yes[/]" : "no";
    }

    private static JsonObject ToJson(string path, DescriptorProbe probe) => new()
    {
        ["path"] = path,
        ["kind"] = probe.Kind.ToString(),
        ["size"] = probe.Size,
        ["blockSize"] = probe.BlockSize,
        ["seekable"] = probe.IsSeekable,
        ["readable"] = probe.IsReadable,
        ["writable"] = probe.IsWritable,
        ["readFlags"] = Names(probe.ReadFlags),
        ["writeFlags"] = Names(probe.WriteFlags),
        ["unknownReadFlags"] = Names(probe.UnknownReadFlags),
        ["unknownWriteFlags"] = Names(probe.UnknownWriteFlags),
        ["directMemoryAlignment"] = probe.DirectMemoryAlignment,
        ["directOffsetAlignment"] = probe.DirectOffsetAlignment,
        ["atomicWriteUnitMin"] = probe.AtomicWriteUnitMin,
        ["atomicWriteUnitMax"] = probe.AtomicWriteUnitMax,
        ["atomicWriteSegmentsMax"] = probe.AtomicWriteSegmentsMax,
        ["maxBlocksPerCall"] = HostIO.MaxReadWriteIov,
        ["maxBytesPerCall"] = HostIO.MaxTransferBytes,
    };

    private static JsonArray Names(ReadWriteFlags flags) =>
        new([.. Flags().Where(known => (flags & known.Flag) != 0).Select(known => JsonValue.Create(known.Name))]);
}
