using System.Diagnostics;
using System.Globalization;

namespace Scatterlist.Compare.Areas.Verbs;

/// <summary>The measuring programs of UCX and libfabric, run as a pair of processes on the same two processors.</summary>
internal static class PeerTool
{
    private const string Ucx = "/usr/bin/ucx_perftest";
    private const string Fabric = "/usr/bin/fi_pingpong";
    private static int _port = 13_000 + (Environment.ProcessId % 1000);

    public static string? MissingUcx => File.Exists(Ucx) ? null : "no ucx_perftest: apt-get install ucx-utils";

    public static string? MissingFabric => File.Exists(Fabric) ? null : "no fi_pingpong: apt-get install libfabric-bin";

    /// <summary>A test of ucx_perftest.</summary>
    /// <returns>Seconds of so many operations.</returns>
    public static double RunUcx(string transports, string test, int size, int operations)
    {
        string port = NextPort();
        (string, string)[] environment = [("UCX_TLS", transports), ("UCX_NET_DEVICES", "lo")];
        if (!transports.Contains("tcp", StringComparison.Ordinal))
            environment = environment[..1];
        string output = RunPair(
            ["-c", "1", Ucx, "-p", port],
            ["-c", "0", Ucx, "127.0.0.1", "-p", port, "-t", test, "-s", Text(size), "-n", Text(operations), "-w",
                Text(Math.Min(operations, 1000)), "-f", "-v"],
            environment);

        // Columns of the last line: iterations, percentile, average and overall microseconds of one operation, ...
        string last = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Last(line => char.IsDigit(line.Trim()[0]));
        return double.Parse(last.Split(',')[3], CultureInfo.InvariantCulture) * 1e-6 * operations;
    }

    /// <summary>fi_pingpong, whose transfers go there and back.</summary>
    /// <returns>Seconds of so many transfers one way.</returns>
    public static double RunFabric(string provider, string endpoint, int size, int operations)
    {
        string port = NextPort();
        string[] common = ["-p", provider, "-e", endpoint, "-S", Text(size), "-I", Text(Math.Max(operations / 2, 1))];
        string output = RunPair(
            ["-c", "1", Fabric, .. common, "-B", port],
            ["-c", "0", Fabric, .. common, "-P", port, "127.0.0.1"],
            []);

        // bytes  #sent  #ack  total  time  MB/sec  usec/xfer  Mxfers/sec
        string[] columns = output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return double.Parse(columns[^2], CultureInfo.InvariantCulture) * 1e-6 * operations;
    }

    private static string RunPair(
        string[] server, string[] client, IReadOnlyList<(string Name, string Value)> environment)
    {
        using Process serving = Start(server);
        try
        {
            string said = "";
            for (int attempt = 0; attempt < 20; attempt++)
            {
                Thread.Sleep(100); // until the server listens; a client that comes too early fails at once
                using Process asking = Start(client);
                Task<string> complaints = asking.StandardError.ReadToEndAsync();
                string output = asking.StandardOutput.ReadToEnd();
                if (!asking.WaitForExit(60_000))
                    asking.Kill();
                if (asking.ExitCode == 0 && output.Any(char.IsDigit))
                    return output;
                said = output + complaints.Result;
                if (serving.HasExited)
                    break;
            }

            throw new CannotMeasureException($"{string.Join(' ', client)} failed:\n{said}");
        }
        finally
        {
            if (!serving.WaitForExit(1000))
                serving.Kill(entireProcessTree: true);
        }

        Process Start(string[] arguments)
        {
            var start = new ProcessStartInfo("taskset", arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            foreach ((string name, string value) in environment)
                start.Environment[name] = value;
            Process process = Process.Start(start)!;
            return process;
        }
    }

    private static string NextPort() => Text(++_port);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
