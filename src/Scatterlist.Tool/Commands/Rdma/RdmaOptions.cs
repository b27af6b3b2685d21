using System.CommandLine;
using Scatterlist.Tool.Rdma;
using Scatterlist.Verbs;

namespace Scatterlist.Tool.Commands.Rdma;

/// <summary>Options that the RDMA commands share, in the words of ibv_* and perftest.</summary>
internal static class RdmaOptions
{
    /// <summary>The port of both ibv_rc_pingpong and perftest.</summary>
    private const int DefaultTcpPort = 18515;

    private const int MostPorts = 255;
    private const int MostGids = 255;

    internal static Option<string?> Device { get; } = new("--ib-dev", "-d")
    {
        Description = "The RDMA device; default: the first one.",
        HelpName = "DEV",
    };

    internal static Option<int> Port { get; } = new("--ib-port", "-i")
    {
        Description = "The port of the device.",
        HelpName = "N",
        DefaultValueFactory = _ => 1,
    };

    internal static Option<string?> Provider { get; } = CreateProvider();

    internal static Option<int> TcpPort { get; } = new("--port", "-p")
    {
        Description = "The TCP port to listen on, or to connect to.",
        HelpName = "PORT",
        DefaultValueFactory = _ => DefaultTcpPort,
    };

    internal static Option<int> ServiceLevel(string name, string alias) => new(name, alias)
    {
        Description = "The service level, 0 to 15.",
        HelpName = "N",
    };

    internal static Argument<string?> Host { get; } = new("HOST")
    {
        Description = "The server; without it this end is the server and waits for a client.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    internal static Option<int?> GidIndex(string name, string alias) => Number(
        name, alias, "The index of the GID to send from; default: one that works ('sgl gids' lists them).");

    /// <summary>A number that the user gives or not: what it is then follows from other things.</summary>
    internal static Option<int?> Number(string name, string alias, string description, string helpName = "N") =>
        new(name, alias) { Description = description, HelpName = helpName };

    /// <summary>A number that is mostly the same.</summary>
    internal static Option<int> Number(string name, string alias, string description, int usual) =>
        new(name, alias) { Description = description, HelpName = "N", DefaultValueFactory = _ => usual };

    /// <summary>One of these words; the first is the default.</summary>
    internal static Option<string> Choice(string[] names, string helpName, string description, params string[] words)
    {
        var option = new Option<string>(names[0], names[1..])
        {
            Description = description,
            HelpName = helpName,
            DefaultValueFactory = _ => words[0],
        };
        option.AcceptOnlyFromAmong(words);
        return option;
    }

    internal static RdmaChoice ReadChoice(ParseResult parsed, Option<int?> gidIndex)
    {
        int? index = parsed.GetValue(gidIndex);
        return new RdmaChoice(
            parsed.GetValue(Device), parsed.GetValue(Provider),
            (byte)CommonOptions.InRange(parsed.GetValue(Port), 1, MostPorts, "-i"),
            index is { } given ? CommonOptions.InRange(given, 0, MostGids, gidIndex.Aliases.FirstOrDefault() ?? "-g") : null);
    }

    internal static string? ReadHost(ParseResult parsed)
    {
        string? host = parsed.GetValue(Host);
        return host is { Length: > 1 } && host[0] == '-' ? throw new UsageException($"there is no option {host}") : host;
    }

    internal static int ReadTcpPort(ParseResult parsed) =>
        CommonOptions.InRange(parsed.GetValue(TcpPort), 1, ushort.MaxValue, "-p");

    internal static Mtu? ReadMtu(ParseResult parsed, Option<int?> option)
    {
        if (parsed.GetValue(option) is not { } bytes)
            return null;
        return MtuBytes.TryFromBytes((ulong)Math.Max(bytes, 0), out Mtu mtu)
            ? mtu
            : throw new UsageException($"-m {bytes}: an MTU is 256, 512, 1024, 2048 or 4096");
    }

    /// <summary>A size that fits one message of a test.</summary>
    internal static int? ReadSize(ParseResult parsed, Option<string?> option, int least, int most)
    {
        if (CommonOptions.ParseSize(parsed.GetValue(option), "-s") is not { } size)
            return null;
        return (int)CommonOptions.InRange(size, (ulong)least, (ulong)most, "-s");
    }

    /// <summary>Refuses messages that the port cannot carry.</summary>
    internal static void CheckSize(int size, RdmaPort port)
    {
        if ((uint)size > port.Attributes.MaxMessageSize)
        {
            throw new UsageException(
                $"-s {size}: a message of port {port.Number} of {port.Context.DeviceName} has at most "
                + $"{port.Attributes.MaxMessageSize} bytes");
        }
    }

    private static Option<string?> CreateProvider()
    {
        var option = new Option<string?>("--provider")
        {
            Description = $"Whose devices: libibverbs, softroce, or auto; default: ${VerbsProviders.EnvironmentVariable}, "
                + "or else auto, the first provider that has one.",
            HelpName = "NAME",
        };
        option.CompletionSources.Add(VerbsProviders.Auto, VerbsProviders.LibIbverbs, VerbsProviders.SoftRoce);
        return option;
    }
}
