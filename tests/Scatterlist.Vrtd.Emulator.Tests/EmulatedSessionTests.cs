using Scatterlist.Testing;

namespace Scatterlist.Vrtd.Emulator.Tests;

/// <summary>The project's own client on the emulated daemon.</summary>
public sealed class EmulatedSessionTests
{
    [Fact]
    public void A_session_opens_in_one_call_and_ends_with_its_last_buffer()
    {
        EmulatorOptions options = new() { QueuePairLimit = 77 };
        using (Session session = Session.OpenEmulated(options))
        {
            Assert.Equal(1, session.GetNumDevices());
            Assert.Equal("slash_ctl0", session.GetDevice(0).Name);
            Assert.Equal("0000:65:00", session.GetDevice(0).Bdf);
        }
    }

    [Fact]
    public void A_daemon_of_ones_own_serves_many_sessions()
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start(new EmulatorOptions { DeviceCount = 3 });
        using (Session first = daemon.OpenSession())
        using (Session second = daemon.OpenSession())
        {
            Assert.Equal(3, first.GetNumDevices());
            Assert.Equal(3, second.GetDevices().Count);
            Assert.Equal(2, daemon.GetStatistics().Connections);
        }

        Eventually.True(() => daemon.GetStatistics().Connections == 0, "both are gone");
    }

    [Fact]
    public void The_daemon_of_an_emulated_session_stops_and_closes_everything()
    {
        using var leaks = new LeakScope(nameof(The_daemon_of_an_emulated_session_stops_and_closes_everything));
        using Session session = Session.OpenEmulated();
        using DeviceBuffer buffer = session.GetDevice(0).OpenDdrBuffer(4096);
        session.Dispose();
        Assert.False(buffer.IsClosed);
        buffer.Dispose();
        leaks.AssertNothingLeft();
    }
}
