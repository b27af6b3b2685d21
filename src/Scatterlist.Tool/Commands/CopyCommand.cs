using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Scatterlist.Tool.Report;
using Scatterlist.Transfer;
using Spectre.Console;

namespace Scatterlist.Tool.Commands;

/// <summary><c>sgl cp SRC DST</c>: copies between files, streams and device memory.</summary>
internal static class CopyCommand
{
    internal static Command Create()
    {
        var source = new Argument<string>("SRC")
        {
            Description = "A file, - for standard input, or vrtd:DEV@PHYS[+LENGTH].",
        };
        var destination = new Argument<string>("DST")
        {
            Description = "A file, - for standard output, or vrtd:DEV@PHYS[+LENGTH].",
        };
        var length = new Option<string?>("--length", "-n")
        {
            Description = "Bytes to copy (64M, 1GiB, 0x1000); default: all that SRC has.",
            HelpName = "SIZE",
        };
        var chunk = new Option<string?>("--chunk")
        {
            Description = "Bytes moved at a time; default: 512K.",
            HelpName = "SIZE",
        };
        var depth = new Option<int>("--depth")
        {
            Description = "Chunks under way at once, 1 to 256; default: by the number of processors.",
            HelpName = "N",
        };
        var verify = new Option<bool>("--verify", "-V") { Description = "Read DST back and compare it with SRC." };
        var command = new Command("cp", "Copy between files, streams and device memory.")
        {
            source, destination, CommonOptions.Socket, length, chunk, depth, verify,
        };
        command.SetRunner((parsed, terminal, stop) =>
        {
            var options = new CopyOptions
            {
                Length = CommonOptions.ParseSize(parsed.GetValue(length), "--length"),
                IsVerified = parsed.GetValue(verify),
                Depth = CommonOptions.InRange(parsed.GetValue(depth), 0, 256, "--depth"),
                ChunkSize = (int)CommonOptions.InRange(
                    CommonOptions.ParseSize(parsed.GetValue(chunk), "--chunk") ?? (ulong)CopyOptions.Default.ChunkSize,
                    4096ul, 1ul << 30, "--chunk"),
            };
            return Run(
                CommonOptions.PathNotOption(parsed.GetRequiredValue(source)),
                CommonOptions.PathNotOption(parsed.GetRequiredValue(destination)),
                parsed.GetValue(CommonOptions.Socket)!, options, terminal, stop);
        });
        return command;
    }

    private static int Run(
        string from, string to, string socket, CopyOptions options, Terminal terminal, CancellationToken stop)
    {
        if (to == "-" && terminal.IsJson)
            throw new UsageException("--json and DST - both want standard output");
        using Endpoint source = OpenEndpoint(from, socket, options.Length, isSource: true, stop);
        ulong? length = options.Length ?? source.Length;
        using Endpoint destination = OpenEndpoint(to, socket, length, isSource: false, stop);
        if (source is FileEndpoint file && destination is FileEndpoint other && file.IsSameFileAs(other))
        {
            throw new UsageException($"{from} and {to} are the same file");
        }

        CopyReport report = ByteProgress.Run(
            terminal, $"{from} -> {to}", length,
            progress => CopyEngine.Copy(source, destination, options with { Progress = progress }, stop));
        Report(report, from, to, terminal);
        return ExitCodes.Success;
    }

    private static Endpoint OpenEndpoint(
        string name, string socket, ulong? length, bool isSource, CancellationToken stop)
    {
        if (!VrtdAddress.IsMeant(name))
            return isSource ? FileEndpoint.OpenSource(name) : FileEndpoint.OpenDestination(name);
        if (!VrtdAddress.TryParse(name, out VrtdAddress? address, out string? error))
            throw new UsageException(error);
        if (isSource && address.Length is null && length is null)
            throw new UsageException($"how much of {name}? Say {name}+LENGTH or --length");
        return VrtdEndpoint.Open(address with { Length = address.Length ?? length }, socket, isSource, stop);
    }

    private static void Report(CopyReport report, string from, string to, Terminal terminal)
    {
        if (terminal.IsJson)
        {
            Terminal.WriteJson(new JsonObject
            {
                ["source"] = from,
                ["destination"] = to,
                ["bytes"] = report.Bytes,
                ["seconds"] = report.Elapsed.TotalSeconds,
                ["bytesPerSecond"] = report.BytesPerSecond,
                ["verified"] = report.IsVerified,
            });
            return;
        }

        // Standard output may be the copy itself, and scripts expect cp to be silent: the summary is a note on stderr.
        terminal.Note(string.Create(
            CultureInfo.InvariantCulture,
            $"{Units.Size(report.Bytes)} in {report.Elapsed.TotalSeconds:0.000} s, {Units.Speed(report.BytesPerSecond)}"
            + $"{(report.IsVerified ? ", verified" : "")}"));
    }
}
