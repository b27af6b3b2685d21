using Scatterlist.Diagnostics;
using Scatterlist.HostFd;
using Scatterlist.Vrtd.Emulator;

namespace Scatterlist.Vrtd.Tests;

/// <summary>What the client and the emulated daemon log.</summary>
public sealed class LogTests
{
    [Fact]
    public void A_session_logs_its_connection_and_its_loss()
    {
        using TempDirectory directory = new();
        using LogRecorder log = new();
        string path = Path.Combine(directory.Path, "vrtd.sock");
        EmulatedDaemon daemon = EmulatedDaemon.Start(new EmulatorOptions { SocketPath = path });
        using Session session = Session.Connect(path, new SessionOptions { LoggerFactory = log });
        Assert.Equal([ScatterlistDiagnostics.VrtdLogCategory + ": Connected to vrtd at " + path], log.Lines);

        daemon.Dispose();
        Assert.Throws<VrtdConnectionException>(() => session.GetNumDevices());
        Assert.Throws<VrtdConnectionException>(() => session.GetNumDevices());

        Assert.Equal(2, log.Lines.Count); // lost once
        Assert.Contains("is lost at GET_NUM_DEVICES()", log.Lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void The_emulated_daemon_logs_whom_it_disconnects_and_why_but_not_who_leaves()
    {
        using LogRecorder log = new();
        using EmulatedDaemon daemon = EmulatedDaemon.Start(new EmulatorOptions { LoggerFactory = log });
        daemon.Connect().Dispose();
        using UnixSocket rude = daemon.Connect();
        Assert.True(rude.SendMsg([1, 2, 3]).IsSuccess);
        Eventually.True(() => daemon.GetStatistics().Connections == 0, "The clients were not disconnected.");

        string line = Assert.Single(log.Lines);
        Assert.StartsWith(ScatterlistDiagnostics.VrtdEmulatorLogCategory + ": ", line, StringComparison.Ordinal);
        Assert.Contains("Client 2 ", line, StringComparison.Ordinal);
        Assert.EndsWith("a datagram that is no frame", line, StringComparison.Ordinal);
    }
}
