using System.Diagnostics;
using System.Globalization;

namespace Scatterlist.Compare.Areas.Rxe;

/// <summary>A server and a client that measure bandwidth over one device: perftest's pair, or a pair of our command.</summary>
internal static class BandwidthTool
{
    private const string Perftest = "/usr/bin/ib_write_bw";
    private static readonly string[] Tables = ["/proc/net/tcp", "/proc/net/tcp6"];
    private static int _port = 14_000 + (Environment.ProcessId % 1000);

    public static string? Missing => File.Exists(Perftest) ? null : "no ib_write_bw: apt-get install perftest";

    /// <summary>sgl bw.</summary>
    /// <returns>Seconds of so many writes.</returns>
    public static double RunOurs(string device, int gidIndex, int size, int operations) => Run(
        Path.Combine(AppContext.BaseDirectory, "sgl"), ["bw", "--verb", "write", "--provider", "libibverbs"],
        device, gidIndex, size, operations);

    /// <summary>ib_write_bw.</summary>
    /// <returns>Seconds of so many writes.</returns>
    public static double RunPerftest(string device, int gidIndex, int size, int operations) =>
        Run(Perftest, ["-F"], device, gidIndex, size, operations);

    private static double Run(string program, string[] words, string device, int gidIndex, int size, int operations)
    {
        string port = Text(Interlocked.Increment(ref _port));
        string[] all = [.. words, "-d", device, "-x", Text(gidIndex), "-s", Text(size), "-n", Text(operations), "-p", port];
        using Process server = Start(program, all);
        try
        {
            WaitForListener(int.Parse(port, CultureInfo.InvariantCulture), server);
            using Process client = Start(program, [.. all, "127.0.0.1"]);
            string output = client.StandardOutput.ReadToEnd();
            client.WaitForExit();
            string line = output.Split('\n').LastOrDefault(one => one.TrimStart().StartsWith(Text(size) + " ", StringComparison.Ordinal))
                ?? throw new CannotMeasureException($"{program} failed:\n{output}");

            // #bytes  #iterations  peak  average (MiB/s)  rate
            string average = line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[3];
            return (double)size * operations / (double.Parse(average, CultureInfo.InvariantCulture) * (1 << 20));
        }
        finally
        {
            if (!server.WaitForExit(10_000))
                server.Kill(entireProcessTree: true);
        }
    }

    private static Process Start(string program, string[] arguments) => Process.Start(
        new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;

    private static void WaitForListener(int port, Process server)
    {
        string wanted = $":{port:X4} 00";
        for (int i = 0; i < 600 && !server.HasExited; i++)
        {
            if (Tables.SelectMany(File.ReadLines)
                .Any(line => line.Contains(wanted, StringComparison.Ordinal) && line.Contains(" 0A ", StringComparison.Ordinal)))
            {
                return;
            }

            Thread.Sleep(50);
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
