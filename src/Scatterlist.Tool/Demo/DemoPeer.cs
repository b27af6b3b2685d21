using System.Diagnostics;
using System.Globalization;
using Scatterlist.Tool.Rdma.Exchange;
using Scatterlist.Verbs;

namespace Scatterlist.Tool.Demo;

/// <summary>
/// The demo's other process, <c>sgl</c> itself: it is told an endpoint on its standard input, and tells its own, its
/// region and its device memory's region on its standard output, which nobody else reads. It ends with its input.
/// </summary>
internal sealed class DemoPeer : IDisposable
{
    /// <summary>The command's name; it is in no help.</summary>
    internal const string Command = "demo-peer";

    private const string Move = "move", Moved = "moved";
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(10);

    private readonly Process _process;
    private readonly CancellationToken _stop;

    private DemoPeer(Process process, CancellationToken stop)
    {
        _process = process;
        _stop = stop;
    }

    internal QueuePairEndpoint Endpoint { get; private set; }

    /// <summary>The peer's memory that may be written.</summary>
    internal RemoteMemoryRegion Region { get; private set; }

    /// <summary>The peer's device memory that may be read.</summary>
    internal RemoteMemoryRegion DeviceRegion { get; private set; }

    /// <summary>Starts the process and tells it who connects.</summary>
    internal static DemoPeer Start(QueuePairEndpoint local, int size, bool sameHost, CancellationToken stop)
    {
        string executable = Environment.ProcessPath ?? throw new IOException("this process has no path to start again");
        var start = new ProcessStartInfo(executable)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // Started as 'dotnet sgl.dll', the program to run is an argument of dotnet's.
        if (Path.GetFileNameWithoutExtension(executable) == "dotnet")
            start.ArgumentList.Add(Environment.GetCommandLineArgs()[0]);
        start.ArgumentList.Add(Command);
        start.ArgumentList.Add(size.ToString(CultureInfo.InvariantCulture));
        if (!sameHost)
            start.ArgumentList.Add("--udp");
        var peer = new DemoPeer(Process.Start(start) ?? throw new IOException($"{executable} does not start"), stop);
        try
        {
            peer.Meet(local);
            return peer;
        }
        catch
        {
            peer.Dispose();
            throw;
        }
    }

    /// <summary>Has the peer copy what was written into its device's memory, and wipe the rest.</summary>
    internal void MoveToDevice(ulong count)
    {
        Tell(string.Create(CultureInfo.InvariantCulture, $"{Move} {count}"));
        string answer = Hear();
        if (answer != Moved)
            throw new PeerException($"the demo's second process says {HexField.Quote(answer)}");
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(_stop.IsCancellationRequested ? TimeSpan.FromSeconds(1) : Farewell))
            _process.Kill();
        _process.Dispose();
    }

    /// <summary>What the process itself does.</summary>
    internal static int Serve(int size, bool sameHost)
    {
        using Context context = RdmaLeg.OpenNic(sameHost);
        using ProtectionDomain domain = context.AllocateDomain();
        using HostBuffer buffer = HostBuffer.Allocate(
            (nuint)size, new HostBufferOptions { IsShareable = true, Name = "sgl-demo-peer" });
        using MemoryRegion region = domain.Register(buffer, AccessFlags.LocalWrite | AccessFlags.RemoteWrite);
        using DeviceMemory memory = context.AllocateDeviceMemory((nuint)size);
        using MemoryRegion deviceRegion = domain.Register(memory, AccessFlags.RemoteRead);
        using CompletionQueue completions = context.CreateCompletionQueue(16);
        using PreparedQueuePair prepared = QueuePair.Builder(domain).WithCompletionQueue(completions).Build();
        Console.Out.WriteLine(prepared.Endpoint.ToString());
        Console.Out.WriteLine(region.Remote.ToText());
        Console.Out.WriteLine(deviceRegion.Remote.ToText());
        if (Console.In.ReadLine() is not { } endpoint)
            return ExitCodes.Failed;
        using QueuePair queuePair = prepared.Handshake(QueuePairEndpoint.Parse(endpoint));
        while (Console.In.ReadLine() is { } order)
        {
            string[] words = order.Split(' ');
            if (words is not [Move, var number] || !int.TryParse(number, CultureInfo.InvariantCulture, out int count)
                || count < 0 || count > size)
            {
                throw new PeerException($"no such order: {HexField.Quote(order)}");
            }

            // Device memory takes whole words.
            Errno errno = memory.CopyTo(0, buffer, 0, (nuint)((count + 3) & ~3));
            if (errno != Errno.None)
                throw new VerbsException($"ibv_memcpy_to_dm(length {count})", errno);
            buffer.Zero();
            Console.Out.WriteLine(Moved);
        }

        return ExitCodes.Success;
    }

    private void Meet(QueuePairEndpoint local)
    {
        try
        {
            Endpoint = QueuePairEndpoint.Parse(Hear());
            Region = RemoteMemoryRegion.Parse(Hear());
            DeviceRegion = RemoteMemoryRegion.Parse(Hear());
        }
        catch (FormatException)
        {
            throw new PeerException("the demo's second process does not speak as expected");
        }

        Tell(local.ToString());
    }

    private void Tell(string line)
    {
        try
        {
            _process.StandardInput.WriteLine(line);
            _process.StandardInput.Flush();
        }
        catch (IOException)
        {
            throw Gone();
        }
    }

    private string Hear() =>
        _process.StandardOutput.ReadLineAsync(_stop).AsTask().GetAwaiter().GetResult() ?? throw Gone();

    private PeerException Gone()
    {
        string last = _process.StandardError.ReadToEnd().Trim();
        return new PeerException($"the demo's second process is gone{(last.Length == 0 ? "" : $": {last}")}");
    }
}
