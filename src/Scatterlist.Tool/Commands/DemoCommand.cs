using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Scatterlist.HostFd;
using Scatterlist.Opae;
using Scatterlist.Opae.SoftAccelerator;
using Scatterlist.Tool.Demo;
using Scatterlist.Tool.Report;
using Scatterlist.Vrtd;
using Scatterlist.Vrtd.Emulator;
using Spectre.Console;

namespace Scatterlist.Tool.Commands;

/// <summary><c>sgl demo [FILE]</c>: a real file through the memory of every device, and back, verified.</summary>
internal static class DemoCommand
{
    private const ulong DefaultSize = 256ul << 20;

    internal static Command Create()
    {
        var file = new Argument<string?>("FILE")
        {
            Description = "The file to send on its way; without one, a file of random bytes is made.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var size = new Option<string?>("--size")
        {
            Description = "The size of the file to make; default: 256M.",
            HelpName = "SIZE",
        };
        var socket = new Option<string?>("--socket", "-s")
        {
            Description = "Use the vrtd daemon at this socket instead of the embedded one.",
            HelpName = "PATH",
        };
        var command = new Command("demo", "Send a file through device memory and back, and verify every byte.")
        {
            file, size, socket,
        };
        command.SetRunner((parsed, terminal, stop) =>
        {
            if (parsed.GetValue(file) is not null && parsed.GetValue(size) is not null)
                throw new UsageException("--size is for the file that is made; FILE has a size of its own");
            ulong bytes = CommonOptions.ParseSize(parsed.GetValue(size), "--size") ?? DefaultSize;
            string? name = parsed.GetValue(file) is { } given ? CommonOptions.PathNotOption(given) : null;
            return Run(name, bytes, parsed.GetValue(socket), terminal, stop);
        });
        return command;
    }

    private static int Run(string? file, ulong size, string? socket, Terminal terminal, CancellationToken stop)
    {
        using var folder = new TemporaryFolder();
        string source = file ?? MakeFile(folder.PathOf("source"), size, terminal, stop);
        using FileDescriptor input = HostFile.Open(source, OpenFlags.ReadOnly | OpenFlags.NonBlocking); // for FIFOs
        FileStatus status = FileStatus.Of(input);
        ulong length = status.Size;
        if (status.Kind != DescriptorKind.RegularFile)
            throw new UsageException($"{source} is no regular file, which the demo reads more than once");
        if (length == 0)
            throw new UsageException($"{source} has no bytes to send on their way");

        using var embedded = new EmulatedAccelerator();
        using Accelerator accelerator = embedded.Open();
        using Session session = socket is null ? Session.OpenEmulated() : Session.Connect(socket);
        Device device = session.GetDevice(0, stop);
        string sha256 = Hash("SHA-256 of the file", source, length, terminal, stop);
        if (!terminal.IsJson)
        {
            terminal.Out.MarkupLine($"[bold]{Markup.Escape(source)}[/], {Units.Size(length)}");
            terminal.Out.MarkupLine($"  SHA-256 {sha256}");
            terminal.Out.MarkupLine(
                $"[bold]{Markup.Escape(device.Name)}[/] at {Markup.Escape(device.Bdf)}"
                + (socket is null ? ", the embedded, emulated V80" : $", behind {Markup.Escape(socket)}"));
            terminal.Out.MarkupLine($"[bold]{AcceleratorIds.NameOf(embedded.Id)}[/], the embedded, emulated accelerator");
        }

        var results = new List<DemoLegResult>();
        foreach (DemoLeg leg in new DemoLeg[]
        {
            new VrtdLeg(device, BufferAllocType.HbmVnoc),
            new VrtdLeg(device, BufferAllocType.Ddr),
            new OpaeLeg(accelerator),
            new RdmaLeg(sameHost: true),
            new RdmaLeg(sameHost: false),
        })
        {
            results.Add(RunLeg(leg, input, length, sha256, folder, terminal, stop));
        }

        return Conclude(results, source, length, sha256, socket is null, terminal);
    }

    private static DemoLegResult RunLeg(
        DemoLeg leg, FileDescriptor input, ulong length, string expected, TemporaryFolder folder, Terminal terminal,
        CancellationToken stop)
    {
        string back = folder.PathOf("back");
        IReadOnlyList<DemoStep> steps;
        using (FileDescriptor output = HostFile.Open(
            back, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Truncate,
            UnixFileMode.UserRead | UnixFileMode.UserWrite))
        {
            steps = ByteProgress.Run(
                terminal, leg.Name, length, progress => leg.Run(input, output, length, progress, stop));
        }

        string sha256 = Hash($"SHA-256 of what came back from {leg.Name}", back, length, terminal, stop);
        File.Delete(back);
        var result = new DemoLegResult(leg.Name, steps, sha256, sha256 == expected);
        if (!terminal.IsJson)
            Print(result, terminal);
        return result;
    }

    private static void Print(DemoLegResult result, Terminal terminal)
    {
        terminal.Out.MarkupLine($"[bold]{Markup.Escape(result.Name)}[/]");
        foreach (DemoStep step in result.Steps)
        {
            terminal.Out.MarkupLine(string.Create(
                CultureInfo.InvariantCulture,
                $"  {Markup.Escape(step.Name),-34} {Units.Speed(step.BytesPerSecond),12}"));
        }

        string colour = result.IsEqual ? "green" : "red";
        terminal.Out.MarkupLine($"  SHA-256 [{colour}]{result.Sha256}[/]");
    }

    private static int Conclude(
        List<DemoLegResult> results, string source, ulong length, string sha256, bool isEmbedded, Terminal terminal)
    {
        bool verified = results.TrueForAll(result => result.IsEqual);
        if (terminal.IsJson)
        {
            Terminal.WriteJson(new JsonObject
            {
                ["file"] = source,
                ["bytes"] = length,
                ["sha256"] = sha256,
                ["embedded"] = isEmbedded,
                ["legs"] = new JsonArray([.. results.Select(ToJson)]),
                ["verified"] = verified,
            });
        }
        else if (verified)
        {
            terminal.Out.MarkupLine($"[green bold]VERIFIED[/]: {results.Count} ways, every byte came back.");
            if (isEmbedded)
                terminal.Note("The speeds are those of this machine's memory behind emulated devices, not of real ones.");
        }
        else
        {
            terminal.Out.MarkupLine("[red bold]DIFFERENT[/]: what came back is not what was sent.");
        }

        return verified ? ExitCodes.Success : ExitCodes.Different;
    }

    private static JsonNode ToJson(DemoLegResult result) => new JsonObject
    {
        ["name"] = result.Name,
        ["sha256"] = result.Sha256,
        ["equal"] = result.IsEqual,
        ["steps"] = new JsonArray([.. result.Steps.Select(step => (JsonNode)new JsonObject
        {
            ["name"] = step.Name,
            ["bytes"] = step.Bytes,
            ["seconds"] = step.Elapsed.TotalSeconds,
            ["bytesPerSecond"] = step.BytesPerSecond,
        })]),
    };

    private static string MakeFile(string path, ulong size, Terminal terminal, CancellationToken stop)
    {
        if (size == 0)
            throw new UsageException("--size 0: there must be a byte to send on its way");
        return ByteProgress.Run(terminal, $"making a file of {Units.Size(size)}", size, progress =>
        {
            using FileStream file = File.Create(path);
            byte[] bytes = new byte[1 << 20];
            for (ulong done = 0; done < size;)
            {
                stop.ThrowIfCancellationRequested();
                Random.Shared.NextBytes(bytes);
                int count = (int)Math.Min((ulong)bytes.Length, size - done);
                file.Write(bytes, 0, count);
                progress.Report(done += (ulong)count);
            }

            return path;
        });
    }

    private static string Hash(string title, string path, ulong length, Terminal terminal, CancellationToken stop) =>
        ByteProgress.Run(terminal, title, length, progress =>
        {
            using FileStream file = File.OpenRead(path);
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            byte[] bytes = new byte[1 << 20];
            ulong done = 0;
            for (int count; (count = file.Read(bytes)) != 0; progress.Report(done += (ulong)count))
            {
                stop.ThrowIfCancellationRequested();
                hash.AppendData(bytes, 0, count);
            }

            return Convert.ToHexStringLower(hash.GetHashAndReset());
        });
}
