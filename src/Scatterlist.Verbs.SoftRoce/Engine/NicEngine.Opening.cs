using System.Net;
using Scatterlist.Verbs.SoftRoce.Capture;
using Scatterlist.Verbs.SoftRoce.Engine.SameHost;
using Scatterlist.Verbs.SoftRoce.Engine.Udp;
using Scatterlist.Verbs.SoftRoce.Objects;

namespace Scatterlist.Verbs.SoftRoce.Engine;

internal sealed partial class NicEngine
{
    private const int LoopbackTries = 16;

    /// <summary>Opens the NIC's ports and starts its thread.</summary>
    /// <exception cref="VerbsException">An address cannot be had; the remedy says why.</exception>
    internal static SoftContext Open(SoftNicOptions options)
    {
        const int MaxAddresses = 8;
        IReadOnlyList<IPAddress> named = LocalAddresses.Named(options);
        if (named.Count > MaxAddresses)
        {
            throw new VerbsException(
                $"ibv_open_device({named.Count} addresses)", Errno.EINVAL, $"A soft NIC has at most {MaxAddresses} addresses.");
        }

        var opened = new Stack<IDisposable>();
        try
        {
            PacketCapture? capture = options.CapturePath is { } file ? PacketCapture.Create(file) : null;
            if (capture is not null)
                opened.Push(capture);
            var udp = new UdpPortOptions
            {
                Port = options.Port,
                Capture = capture,
                Faults = options.Faults is { } faults ? ParseFaults(faults) : null,
            };
            UdpPort[] ports = named.Count == 0 ? [OpenLoopback(udp)] : new UdpPort[named.Count];
            for (int i = 0; i < named.Count; i++)
                opened.Push(ports[i] = UdpPort.Open(named[i], udp));
            if (named.Count == 0)
                opened.Push(ports[0]);

            IPAddress[] addresses = [.. ports.Select(port => port.Local.ToAddress())];
            GidEntry[] gids = [.. addresses.Select(LocalAddresses.Entry)];
            Mtu mtu = addresses.Min(LocalAddresses.ActiveMtu);
            var late = new LateEngine();
            SameHostService? sameHost = options.SameHost
                ? StartSameHost(gids, late)
                : null;
            if (sameHost is not null)
                opened.Push(sameHost);

            var engine = new NicEngine(gids, mtu, ports, sameHost, capture);
            late.Engine = engine;
            engine.Start();
            return new SoftContext(engine, options.DeviceMemory);
        }
        catch
        {
            while (opened.TryPop(out IDisposable? resource))
                resource.Dispose();
            throw;
        }
    }

    private static UdpPort OpenLoopback(UdpPortOptions options)
    {
        for (int tries = 1; ; tries++)
        {
            try
            {
                return UdpPort.Open(LocalAddresses.DrawLoopback(), options);
            }
            catch (VerbsException taken) when (taken.Errno == Errno.EADDRINUSE && tries < LoopbackTries)
            {
                // another NIC drew the same; when the kernel's driver holds them all, the last try says so
            }
        }
    }

    private static SameHostService? StartSameHost(GidEntry[] gids, LateEngine late)
    {
        try
        {
            return SameHostService.Start(new SameHostOptions
            {
                Gids = [.. gids.Select(entry => entry.Gid)],
                PathDied = path => late.Engine?.OnPathDied(path),
            });
        }
        catch (ScatterlistException)
        {
            return null; // nowhere to meet in private: UDP does everything
        }
    }

    private static UdpFaults ParseFaults(string text)
    {
        try
        {
            return UdpFaults.Parse(text);
        }
        catch (FormatException wrong)
        {
            throw new VerbsException($"ibv_open_device(faults '{text}')", Errno.EINVAL, wrong.Message);
        }
    }

    private sealed class LateEngine
    {
        internal NicEngine? Engine { get; set; }
    }
}
