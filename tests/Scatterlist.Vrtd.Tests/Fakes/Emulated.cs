using Scatterlist.Vrtd.Emulator;

namespace Scatterlist.Vrtd.Tests;

/// <summary>An emulated daemon with a session, for tests of behaviour.</summary>
internal sealed class Emulated : IDisposable
{
    public Emulated(WireProfile profile = WireProfile.Version1, EmulatorOptions? options = null)
    {
        Daemon = EmulatedDaemon.Start((options ?? new EmulatorOptions()) with { Profile = profile });
        Session = Connect();
        Device = Session.GetDevice(0);
    }

    public EmulatedDaemon Daemon { get; }

    public Session Session { get; }

    public Device Device { get; }

    public int Buffers => Daemon.GetStatistics().Buffers;

    public int QueuePairs => Daemon.GetStatistics().QueuePairs;

    public Session Connect() => Session.FromSocket(
        Daemon.Connect(), new SessionOptions { RequestTimeout = TimeSpan.FromSeconds(20) });

    public void Dispose()
    {
        Session.Dispose();
        Daemon.Dispose();
        Assert.Null(Daemon.UnexpectedError);
    }
}
