using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Scatterlist.Verbs.SoftRoce.Engine;
using Scatterlist.Verbs.SoftRoce.Engine.SameHost;

namespace Scatterlist.Verbs.SoftRoce.Tests.SameHost;

/// <summary>This test program once more, as a peer that plays one role; see <see cref="RunIfPeer"/>.</summary>
internal sealed unsafe class PeerProcess : IDisposable
{
    internal const string Address = "127.4.0.2";
    internal const uint Pair = 77;
    internal const uint Key = 0xabcd;
    internal const ulong Base = 0x5000_0000;

    private const string Variable = "SCATTERLIST_TEST_SAMEHOST_PEER";
    private const int SleepingTurns = 2000; // empty turns before it sleeps for real

    private readonly Process _process;

    private PeerProcess(Process process) => _process = process;

    /// <summary>Starts a peer, which listens when this returns.</summary>
    internal static PeerProcess Start(string directory, string role, string peer)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Scatterlist.Verbs.SoftRoce.Tests"))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment[Variable] = $"{role}|{directory}|{peer}";
        var process = new PeerProcess(Process.Start(start)!);
        if (process._process.StandardOutput.ReadLine() is not "ready")
            throw new InvalidOperationException("The peer did not start.");
        return process;
    }

    internal void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    internal string ReadLine() => _process.StandardOutput.ReadLine() ?? "";

    internal void WriteLine(string line) => _process.StandardInput.WriteLine(line);

    public void Dispose()
    {
        if (!_process.HasExited)
            Kill();
        _process.Dispose();
    }

    /// <summary>Runs before the tests' own main function, and instead of it in a peer.</summary>
    [ModuleInitializer]
    internal static void RunIfPeer()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { } setting)
            return;
        Environment.SetEnvironmentVariable(Variable, null);
        try
        {
            string[] parts = setting.Split('|');
            using var peer = new TestPeer(parts[1], Address);
            Console.Out.WriteLine("ready");
            Console.Out.Flush();
            Play(parts[0], peer, Gid.Parse(parts[2]));
            Environment.Exit(0);
        }
        catch (Exception e)
        {
            Console.Error.WriteLine(e);
            Environment.Exit(1);
        }
    }

    /// <summary>Turns, and sleeps when nothing comes, as an engine does.</summary>
    internal static void Work(TestPeer peer, Func<bool> more)
    {
        int empty = 0;
        var descriptor = new PollDescriptor(peer.Service.EventDescriptor);
        while (more())
        {
            if (peer.Service.Poll(peer, 64) > 0)
            {
                empty = 0;
                continue;
            }

            if (++empty < SleepingTurns)
                continue;
            peer.Service.ProcessControl();
            if (!peer.Service.PrepareToSleep())
                continue;
            descriptor.Wait();
            peer.Service.CancelSleep();
            peer.Service.ProcessControl();
            empty = 0;
        }
    }

    private static void Play(string role, TestPeer peer, in Gid other)
    {
        switch (role)
        {
            case "check": // every packet, in order, then "end"
                Check(peer);
                break;
            case "echo":
                peer.Handler = bytes =>
                {
                    peer.LastPath!.TryQueue(bytes, default, 0, 0, 0);
                    peer.LastPath.Flush();
                };
                Work(peer, () => true);
                break;
            case "send": // to the other, as fast as there is room
                PacketPath path = peer.Connect(other)!;
                for (uint number = 0; ; number++)
                {
                    Send(path, number, 1000, peer);
                    path.Flush();
                }

            case "access": // a grant, and dies inside of it
                Access(peer, other);
                break;
        }
    }

    private static void Check(TestPeer peer)
    {
        uint next = 0;
        string? failure = null;
        bool ended = false;
        peer.Handler = bytes =>
        {
            if (bytes.Length == 1)
            {
                ended = true;
                return;
            }

            uint number = BitConverter.ToUInt32(bytes);
            if (number != next++)
                failure ??= $"packet {number} instead of {next - 1}";
            if (failure is null)
                Packets.Check(bytes[4..], number, from: 4);
        };
        Work(peer, () => !ended && failure is null);
        Console.Out.WriteLine(failure ?? next.ToString(CultureInfo.InvariantCulture));
        Console.Out.Flush();
        Console.In.ReadLine();
    }

    private static void Access(TestPeer peer, in Gid other)
    {
        PacketPath path = peer.Connect(other)!;
        path.TryQueue(new byte[12], default, 0, 0, 0);
        path.Flush();
        byte* place = null;
        while (place is null)
        {
            peer.Turn();
            if (path.Direct is { } direct)
                place = direct.TryBegin(Pair, Key, Base, 8, AccessFlags.RemoteWrite);
        }

        *(ulong*)place = 0x1122_3344;
        Console.Out.WriteLine("inside");
        Console.Out.Flush();
        if (Console.In.ReadLine() == "end")
            path.Direct!.End();
        Console.In.ReadLine();
    }

    /// <summary>Queues one packet that follows from its number, turning while there is no room.</summary>
    internal static void Send(PacketPath path, uint number, int payload, TestPeer peer)
    {
        byte* bytes = stackalloc byte[payload];
        Packets.Fill(new Span<byte>(bytes, payload), number);
        *(uint*)bytes = number;
        Block[] blocks = [new Block((nint)bytes + 24, (nuint)payload - 24)];
        while (!path.TryQueue(new ReadOnlySpan<byte>(bytes, 24), blocks, 0, 0, 0) && !path.IsDead)
        {
            path.Flush();
            peer.Turn();
            Thread.Yield();
        }
    }
}
