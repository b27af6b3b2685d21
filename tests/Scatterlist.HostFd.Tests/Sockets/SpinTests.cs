using Scatterlist.HostFd;

namespace Scatterlist.HostFd.Tests.Sockets;

public sealed class SpinTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(50)]
    [InlineData(100_000)]
    public void Messages_arrive_whether_the_wait_spins_or_sleeps(int microseconds)
    {
        (UnixSocket mine, UnixSocket theirs) = UnixSocket.CreatePair(UnixSocketType.SeqPacket);
        using (mine)
        using (theirs)
        {
            mine.SpinTime = theirs.SpinTime = TimeSpan.FromMicroseconds(microseconds);
            var echo = new Thread(() =>
            {
                byte[] message = new byte[8];
                while (theirs.RecvMsg(message).Bytes == 8)
                    theirs.SendMsg(message);
            });
            echo.Start();
            byte[] sent = new byte[8], back = new byte[8];
            for (int i = 0; i < 200; i++)
            {
                BitConverter.TryWriteBytes(sent, i);
                mine.SendMsg(sent);
                Assert.True(
                    i % 2 == 0
                    || mine.WaitReadable(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
                Assert.Equal(8ul, mine.RecvMsg(back).Bytes);
                Assert.Equal(i, BitConverter.ToInt32(back));
            }

            mine.Shutdown(System.Net.Sockets.SocketShutdown.Send);
            echo.Join();
        }
    }

    [Fact]
    public void A_long_spin_ends_at_its_time_limit_a_cancellation_and_a_dispose()
    {
        (UnixSocket mine, UnixSocket theirs) = UnixSocket.CreatePair(UnixSocketType.SeqPacket);
        using (theirs)
        using (mine)
        {
            mine.SpinTime = TimeSpan.FromMilliseconds(200);
            Assert.False(mine.WaitReadable(TimeSpan.FromMilliseconds(1), CancellationToken.None));

            using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(20));
            Assert.ThrowsAny<OperationCanceledException>(
                () => mine.RecvMsg(new byte[1], cancellationToken: stop.Token));

            Errno ended = Errno.None;
            using var started = new ManualResetEventSlim();
            var waiting = new Thread(() =>
            {
                started.Set();
                try
                {
                    ended = mine.RecvMsg(new byte[1]).Errno;
                }
                catch (ObjectDisposedException)
                {
                    ended = Errno.ECANCELED; // the dispose came before the call
                }
            });
            waiting.Start();
            started.Wait(TestContext.Current.CancellationToken);
            mine.Dispose();
            Assert.True(waiting.Join(TimeSpan.FromSeconds(30)));
            Assert.Equal(Errno.ECANCELED, ended);
        }
    }
}
