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
                IsShared = named.Count != 0 && options.ShareAddress,
            };
            UdpPort[] ports = OpenPorts(named, udp, opened);
            IPAddress[] addresses = [.. ports.Select(port => port.Local.ToAddress())];
            GidEntry[] gids = [.. addresses.Select(LocalAddresses.Entry)];
            Mtu mtu = addresses.Min(LocalAddresses.ActiveMtu);
            var late = new LateEngine();
            SameHostService? sameHost = options.SameHost ? StartSameHost(gids, ports[0].Slot, late) : null;
            if (sameHost is not null)
                opened.Push(sameHost);

            var engine = new NicEngine(gids, mtu, ports, sameHost, capture)
            {
                SlotBits = ports[0].Slot < 0 ? 0 : UdpShare.SlotBits,
                Slot = (uint)Math.Max(0, ports[0].Slot),
            };
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

    private static UdpPort[] OpenPorts(
        IReadOnlyList<IPAddress> named, UdpPortOptions options, Stack<IDisposable> opened)
    {
        if (named.Count == 0)
        {
            UdpPort loopback = OpenLoopback(options);
            opened.Push(loopback);
            return [loopback];
        }

        var ports = new List<UdpPort>();
        foreach (IPAddress address in named)
        {
            UdpPort port = UdpPort.Open(address, options);
            opened.Push(port);
            ports.Add(port);
            if (port.Slot != ports[0].Slot)
            {
                // A queue pair's number has one slot in it, whichever address it will talk from.
                throw new VerbsException(
                    $"ibv_open_device({string.Join(", ", named)})", Errno.EBUSY,
                    "Other processes share these addresses in another order.",
                    "Open a NIC of one address each, or all of them with the same addresses.");
            }
        }

        return [.. ports];
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

    private static SameHostService? StartSameHost(GidEntry[] gids, int slot, LateEngine late)
    {
        try
        {
            return SameHostService.Start(new SameHostOptions
            {
                Gids = [.. gids.Select(entry => entry.Gid)],
                Slot = slot < 0 ? null : (uint)slot,
                SlotMask = (1u << UdpShare.SlotBits) - 1, // a peer may share its address where we do not
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
