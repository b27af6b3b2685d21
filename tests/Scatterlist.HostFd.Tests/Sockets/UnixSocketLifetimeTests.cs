using Scatterlist.Testing;

namespace Scatterlist.HostFd.Tests.Sockets;

/// <summary>Blocked calls, cancellation and disposal from other threads.</summary>
public class UnixSocketLifetimeTests
{
    [Fact]
    public void Dispose_wakes_a_blocked_receive_which_reports_it_and_the_number_is_not_reused_before()
    {
        (UnixSocket a, UnixSocket b) = UnixSocket.CreatePair();
        using (a)
        {
            int number = b.Descriptor.Value;
            ReceiveResult result = default;
            Thread receiver = Blocked.Start(() => result = b.RecvMsg(new byte[4]));
            Assert.True(TestCalls.IsOpen(number));
            b.Dispose();
            Blocked.Join(receiver);
            Assert.Equal(Errno.ECANCELED, result.Errno);
            Assert.Throws<ObjectDisposedException>(() => b.RecvMsg(new byte[4]));
            Assert.Throws<ObjectDisposedException>(() => b.SendMsg([1]));
            Assert.Throws<ObjectDisposedException>(() => b.PeerCredentials);
            Assert.Equal(Errno.EPIPE, a.SendMsg([1]).Errno); // really closed
            b.Dispose();
        }
    }

    [Fact]
    public void Dispose_wakes_every_kind_of_waiter_at_once()
    {
        (UnixSocket a, UnixSocket b) = UnixSocket.CreatePair();
        using (b)
        {
            while (a.SendMsg(new byte[4096], flags: MessageFlags.DontWait).IsSuccess)
            {
            }

            IoResult sent = default;
            ReceiveResult received = default;
            Exception? waited = null;
            Thread[] threads =
            [
                Blocked.Start(() => sent = a.SendMsg(new byte[4096])),
                Blocked.Start(() => received = a.RecvMsg(new byte[4])),
                Blocked.Start(() => waited = Record.Exception(() => a.WaitReadable())),
            ];
            a.Dispose();
            foreach (Thread thread in threads)
                Blocked.Join(thread);
            Assert.Equal(Errno.ECANCELED, sent.Errno);
            Assert.Equal(Errno.ECANCELED, received.Errno);
            Assert.IsType<ObjectDisposedException>(waited);
        }
    }

    [Fact]
    public void A_token_ends_a_blocked_receive_and_the_socket_goes_on()
    {
        (UnixSocket a, UnixSocket b) = UnixSocket.CreatePair();
        using (a)
        using (b)
        using (var cancellation = new CancellationTokenSource())
        {
            Exception? thrown = null;
            Thread receiver = Blocked.Start(() => thrown = Record.Exception(
                () => b.RecvMsg(new byte[4], cancellationToken: cancellation.Token)));
            cancellation.Cancel();
            Blocked.Join(receiver);
            Assert.IsType<OperationCanceledException>(thrown);
            Assert.ThrowsAny<OperationCanceledException>(
                () => b.RecvMsg(new byte[4], cancellationToken: cancellation.Token));
            a.SendMsg([1]);
            Assert.Equal(1ul, b.RecvMsg(new byte[4]).Bytes);
        }
    }

    [Fact]
    public void Waiting_has_a_timeout_and_sees_data_and_hangups()
    {
        (UnixSocket a, UnixSocket b) = UnixSocket.CreatePair();
        using (b)
        {
            Assert.False(b.WaitReadable(TimeSpan.Zero));
            Assert.False(b.WaitReadable(TimeSpan.FromMilliseconds(2)));
            Assert.True(b.WaitWritable(TimeSpan.Zero));
            a.SendMsg([1]);
            Assert.True(b.WaitReadable(TimeSpan.FromSeconds(20)));
            b.RecvMsg(new byte[1]);
            Thread waiter = Blocked.Start(() => b.WaitReadable());
            a.Dispose();
            Blocked.Join(waiter);
        }
    }

    [Fact]
    public async Task Asynchronous_waits_end_by_data_by_token_and_by_dispose()
    {
        (UnixSocket a, UnixSocket b) = UnixSocket.CreatePair();
        using (a)
        {
            ValueTask byData = b.WaitReadableAsync(TestContext.Current.CancellationToken);
            ValueTask alsoByData = b.WaitReadableAsync(TestContext.Current.CancellationToken);
            a.SendMsg([1]);
            await byData;
            await alsoByData;
            b.RecvMsg(new byte[1]);

            using var cancellation = new CancellationTokenSource();
            ValueTask byToken = b.WaitReadableAsync(cancellation.Token);
            await cancellation.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await byToken);

            ValueTask byDispose = b.WaitReadableAsync(TestContext.Current.CancellationToken);
            b.Dispose();
            await Assert.ThrowsAsync<ObjectDisposedException>(async () => await byDispose);
            Assert.Equal(Errno.EPIPE, a.SendMsg([1]).Errno); // the wait's own duplicate is closed, too
            await Assert.ThrowsAsync<ObjectDisposedException>(async () => await b.WaitReadableAsync());
        }
    }

    [Fact]
    public async Task Hundreds_of_asynchronous_waits_block_no_pool_thread()
    {
        var pairs = Enumerable.Range(0, 200).Select(_ => UnixSocket.CreatePair()).ToArray();
        Task[] waits = [.. pairs.Select(pair => pair.Second.WaitReadableAsync().AsTask())];
        Assert.True(ThreadPool.ThreadCount < 100);
        Assert.DoesNotContain(waits, wait => wait.IsCompleted);
        foreach ((UnixSocket first, UnixSocket _) in pairs)
            first.SendMsg([1]);
        await Task.WhenAll(waits);
        foreach ((UnixSocket first, UnixSocket second) in pairs)
        {
            first.Dispose();
            second.Dispose();
        }
    }

    [Fact]
    public void A_descriptor_number_is_never_used_for_another_file_while_calls_are_under_way()
    {
        // Each round disposes a socket under a receiver, and then opens a file that wants the lowest number free.
        for (int round = 0; round < 200; round++)
        {
            (UnixSocket a, UnixSocket b) = UnixSocket.CreatePair();
            ReceiveResult result = default;
            bool refused = false;
            var receiver = new Thread(() =>
            {
                try
                {
                    result = b.RecvMsg(new byte[4]);
                }
                catch (ObjectDisposedException)
                {
                    refused = true;
                }
            });
            receiver.Start();
            b.Dispose();
            using FileDescriptor next = TestCalls.EventFd();
            receiver.Join();
            Assert.True(refused || result.Errno == Errno.ECANCELED, result.ToString());
            a.Dispose();
        }
    }

    [Fact]
    public void A_shared_socket_is_not_shut_down_by_the_dispose_of_one_holder()
    {
        (UnixSocket a, UnixSocket b) = UnixSocket.CreatePair();
        using (a)
        using (UnixSocket other = UnixSocket.FromOwned(b.Descriptor.Duplicate()))
        {
            b.Dispose();
            Assert.Equal(IoResult.Success(1), a.SendMsg([1]));
            Assert.Equal(1ul, other.RecvMsg(new byte[4]).Bytes);
            Assert.Equal(UnixSocketType.SeqPacket, other.SocketType);
        }
    }

    [Fact]
    public void Waiting_calls_leave_the_status_flags_of_the_open_file_alone()
    {
        (UnixSocket a, UnixSocket b) = UnixSocket.CreatePair();
        using (a)
        using (b)
        {
            b.RecvMsg(new byte[1], flags: MessageFlags.DontWait);
            b.WaitReadable(TimeSpan.Zero);
            Assert.Equal(0, TestCalls.StatusFlags(b.Descriptor.Value) & TestCalls.NonBlocking);
        }
    }

    [Fact]
    public void Only_a_UNIX_socket_is_adopted()
    {
        using FileDescriptor file = TestCalls.MemFd();
        Assert.Equal(Errno.ENOTSOCK, Assert.Throws<ScatterlistException>(() => UnixSocket.FromOwned(file)).Errno);
        Assert.True(TestCalls.IsOpen(file.Value));
    }

    [Fact]
    public void A_collection_is_not_held_up_by_a_blocked_receive()
    {
        (UnixSocket a, UnixSocket b) = UnixSocket.CreatePair();
        using (a)
        using (b)
        {
            Thread receiver = Blocked.Start(() => b.RecvMsg(new byte[4]));
            GC.Collect();
            GC.Collect();
            Assert.True(receiver.IsAlive);
            a.SendMsg([1]);
            Blocked.Join(receiver);
        }
    }
}
