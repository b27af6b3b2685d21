using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Scatterlist.Testing;

namespace Scatterlist.Tool.Tests.Rdma;

/// <summary>Two <c>sgl</c> processes of the same command line: a server, and the client that connects to it.</summary>
internal sealed class RdmaPair : IDisposable
{
    /// <summary>The environment that keeps two soft NICs off shared memory.</summary>
    internal const string OverUdp = "SCATTERLIST_SOFTROCE_SAMEHOST=off";

    private readonly string[] _arguments;

    private RdmaPair(Process server, Process client, string[] arguments)
    {
        Server = server;
        Client = client;
        _arguments = arguments;
    }

    internal Process Server { get; }

    internal Process Client { get; }

    /// <summary>Runs both to their ends.</summary>
    internal static (SglResult Server, SglResult Client) Run(string[] environment, params string[] arguments)
    {
        using RdmaPair pair = Start(environment, arguments);
        return pair.Finish();
    }

    /// <summary>Starts both.</summary>
    internal static RdmaPair Start(string[] environment, params string[] arguments)
    {
        int port = FreePort();
        string[] words = [.. arguments, "-p", Text(port)];
        Process server = Sgl.Start(environment, words);
        WaitForListener(server, port);
        return new RdmaPair(server, Sgl.Start(environment, [words[0], "127.0.0.1", .. words[1..]]), words);
    }

    /// <summary>Starts a server alone.</summary>
    internal static Process StartServer(int port, params string[] arguments)
    {
        Process server = Sgl.Start([], [.. arguments, "-p", Text(port)]);
        WaitForListener(server, port);
        return server;
    }

    /// <summary>Waits until the client prints a line with this text, and lets them go on a while.</summary>
    internal void WaitForClient(string text)
    {
        string? line;
        do
        {
            line = Client.StandardOutput.ReadLine();
        }
        while (line is not null && !line.Contains(text, StringComparison.Ordinal));

        Assert.NotNull(line);
        Thread.Sleep(500);
    }

    internal (SglResult Server, SglResult Client) Finish()
    {
        string line = string.Join(' ', _arguments);
        Task<SglResult> server = Task.Run(() => Sgl.Finish(Server, [], line));
        SglResult client = Sgl.Finish(Client, [], line);
        return (server.Result, client);
    }

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public void Dispose()
    {
        foreach (Process process in new[] { Server, Client })
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
            process.Dispose();
        }
    }

    // A connection to find out would be the client that the server waits for.
    private static void WaitForListener(Process server, int port)
    {
        string wanted = $":{port:X4} ";
        Eventually.True(
            () => server.HasExited || new[] { "/proc/net/tcp", "/proc/net/tcp6" }.Where(File.Exists)
                .SelectMany(File.ReadLines)
                .Any(line => line.Contains(wanted, StringComparison.Ordinal) && line.Contains(" 0A ", StringComparison.Ordinal)),
            () => "no server listens");
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
