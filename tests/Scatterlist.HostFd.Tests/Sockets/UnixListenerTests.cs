using Scatterlist.Testing;

namespace Scatterlist.HostFd.Tests.Sockets;

public class UnixListenerTests
{
    public static TheoryData<UnixSocketType> Connected => [UnixSocketType.Stream, UnixSocketType.SeqPacket];

    [Theory]
    [MemberData(nameof(Connected))]
    public void Clients_connect_are_accepted_and_known(UnixSocketType type)
    {
        using var directory = new TempDirectory();
        using UnixSocket listener = UnixSocket.Listen(directory["s"], type);
        for (int i = 0; i < 3; i++)
        {
            using UnixSocket client = UnixSocket.Connect(directory["s"], type);
            using UnixSocket server = listener.Accept();
            client.SendMsg([1, 2]);
            var buffer = new byte[4];
            Assert.Equal(2ul, server.RecvMsg(buffer).Bytes);
            server.SendMsg([3]);
            Assert.Equal(1ul, client.RecvMsg(buffer).Bytes);
            Assert.Equal(TestCalls.GetProcessId(), server.PeerCredentials.Pid);
            Assert.Equal(TestCalls.GetUserId(), client.PeerCredentials.Uid);
            Assert.True(TestCalls.IsCloseOnExec(server.Descriptor.Value));
            Assert.NotNull(server.GetPeerGroups());
        }

        Assert.Null(listener.TryAccept());
        Assert.Equal(Errno.ENOTCONN, Assert.Throws<ScatterlistException>(() => UnpairedPeer(directory)).Errno);
    }

    [Fact]
    public void The_file_is_for_the_user_alone_whatever_the_umask()
    {
        using var directory = new TempDirectory();
        using (UnixSocket.Listen(directory["a"]))
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(directory["a"]));
        const UnixFileMode all = (UnixFileMode)0b110_110_110;
        using (UnixSocket.Listen(directory["b"], options: new UnixListenOptions { Mode = all }))
            Assert.Equal(all, File.GetUnixFileMode(directory["b"]));
    }

    [Fact]
    public void A_dead_listeners_file_is_replaced_and_a_living_ones_is_not()
    {
        using var directory = new TempDirectory();
        string path = directory["s"];
        using (var dead = new System.Net.Sockets.Socket(
            System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Seqpacket, 0))
        {
            dead.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(path));
            dead.Listen();
            var inUse = Assert.Throws<ScatterlistException>(() => UnixSocket.Listen(path));
            Assert.Equal(Errno.EADDRINUSE, inUse.Errno);
            Assert.NotNull(inUse.Remedy);
            using UnixSocket still = UnixSocket.Connect(path);
            File.Move(path, path + ".kept"); // the BCL removes the file at dispose; keep it as a crash would
        }

        File.Move(path + ".kept", path);
        Assert.Throws<ScatterlistException>(() => UnixSocket.Connect(path));
        using UnixSocket listener = UnixSocket.Listen(path);
        using UnixSocket client = UnixSocket.Connect(path);
        Assert.Throws<ScatterlistException>(() => UnixSocket.Listen(path));
    }

    [Fact]
    public void Two_listeners_that_start_at_once_over_a_dead_file_do_not_both_succeed()
    {
        using var directory = new TempDirectory();
        string path = directory["s"];
        for (int round = 0; round < 20; round++)
        {
            UnixSocket.Listen(path + "x").Dispose();
            var listeners = new UnixSocket?[3];
            Parallel.For(0, listeners.Length, i =>
            {
                try
                {
                    listeners[i] = UnixSocket.Listen(path);
                }
                catch (ScatterlistException e) when (e.Errno == Errno.EADDRINUSE)
                {
                }
            });
            Assert.Single(listeners, listener => listener is not null);
            UnixSocket winner = listeners.First(listener => listener is not null)!;
            UnixSocket.Connect(path).Dispose();
            winner.Dispose();
        }
    }

    [Fact]
    public void Another_kind_of_file_is_never_replaced()
    {
        using var directory = new TempDirectory();
        File.WriteAllText(directory["f"], "precious");
        Assert.Equal(
            Errno.EADDRINUSE, Assert.Throws<ScatterlistException>(() => UnixSocket.Listen(directory["f"])).Errno);
        Assert.Equal("precious", File.ReadAllText(directory["f"]));
    }

    [Fact]
    public void Dispose_removes_the_file_only_while_it_is_its_own()
    {
        using var directory = new TempDirectory();
        UnixSocket first = UnixSocket.Listen(directory["s"]);
        first.Dispose();
        Assert.False(File.Exists(directory["s"]));

        UnixSocket second = UnixSocket.Listen(directory["s"]);
        File.Delete(directory["s"]);
        File.WriteAllText(directory["s"], "somebody else's");
        second.Dispose();
        Assert.True(File.Exists(directory["s"]));
    }

    [Fact]
    public void Paths_are_checked()
    {
        using var directory = new TempDirectory();
        string longest = directory[new string('x', 107 - directory.Path.Length - 1)];
        using (UnixSocket.Listen(longest))
        using (UnixSocket.Connect(longest))
        {
        }

        foreach (Action open in new Action[]
        {
            () => UnixSocket.Listen(longest + "x"), () => UnixSocket.Connect(longest + "x"),
        })
        {
            var error = Assert.Throws<ScatterlistException>(open);
            Assert.Equal(Errno.ENAMETOOLONG, error.Errno);
            Assert.Contains("107", error.Message, StringComparison.Ordinal);
        }

        Assert.Throws<ArgumentException>(() => UnixSocket.Connect("a\0b"));
        Assert.Throws<ArgumentException>(() => UnixSocket.Connect(""));
        Assert.Equal(
            Errno.ENOENT, Assert.Throws<ScatterlistException>(() => UnixSocket.Connect(directory["none"])).Errno);
        Assert.Equal(
            Errno.ENOENT, Assert.Throws<ScatterlistException>(() => UnixSocket.Listen(directory["none/s"])).Errno);
    }

    [Fact]
    public void Another_type_is_refused_with_a_remedy()
    {
        using var directory = new TempDirectory();
        using UnixSocket listener = UnixSocket.Listen(directory["s"], UnixSocketType.Stream);
        var error = Assert.Throws<ScatterlistException>(() => UnixSocket.Connect(directory["s"]));
        Assert.Equal(Errno.EPROTOTYPE, error.Errno);
        Assert.NotNull(error.Remedy);
    }

    [Fact]
    public void An_abstract_name_needs_no_file()
    {
        string name = $"\0scatterlist-test-{Guid.NewGuid():N}";
        using UnixSocket listener = UnixSocket.Listen(name);
        using UnixSocket client = UnixSocket.Connect(name);
        using UnixSocket server = listener.Accept();
        Assert.Throws<ScatterlistException>(() => UnixSocket.Listen(name));
    }

    [Fact]
    public void A_datagram_socket_receives_from_whoever_connects()
    {
        using var directory = new TempDirectory();
        using UnixSocket bound = UnixSocket.Listen(directory["s"], UnixSocketType.Datagram);
        using UnixSocket one = UnixSocket.Connect(directory["s"], UnixSocketType.Datagram);
        using UnixSocket two = UnixSocket.Connect(directory["s"], UnixSocketType.Datagram);
        one.SendMsg([1]);
        two.SendMsg([2]);
        var buffer = new byte[4];
        bound.RecvMsg(buffer);
        Assert.Equal(1, buffer[0]);
        bound.RecvMsg(buffer);
        Assert.Equal(2, buffer[0]);
    }

    [Fact]
    public void A_blocked_accept_ends_by_token_and_by_dispose()
    {
        using var directory = new TempDirectory();
        using var cancellation = new CancellationTokenSource();
        UnixSocket listener = UnixSocket.Listen(directory["s"]);
        Exception? first = null;
        Exception? second = null;
        Thread byToken = Blocked.Start(() => first = Record.Exception(() => listener.Accept(cancellation.Token)));
        Thread byDispose = Blocked.Start(() => second = Record.Exception(() => listener.Accept()));
        cancellation.Cancel();
        Blocked.Join(byToken);
        Assert.IsType<OperationCanceledException>(first);
        listener.Dispose();
        Blocked.Join(byDispose);
        Assert.IsType<ObjectDisposedException>(second);
        Assert.Throws<ObjectDisposedException>(() => listener.Accept());
    }

    [Fact]
    public async Task An_asynchronous_accept_takes_a_client_and_ends_by_dispose()
    {
        using var directory = new TempDirectory();
        UnixSocket listener = UnixSocket.Listen(directory["s"]);
        Task<UnixSocket> accepting = listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask();
        using UnixSocket client = UnixSocket.Connect(directory["s"]);
        using UnixSocket server = await accepting;
        Task<UnixSocket> never = listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask();
        listener.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => never);
    }

    [Fact]
    public void A_full_backlog_makes_connect_wait_until_cancelled()
    {
        using var directory = new TempDirectory();
        using UnixSocket listener = UnixSocket.Listen(directory["s"], options: new UnixListenOptions { Backlog = 0 });
        using UnixSocket first = UnixSocket.Connect(directory["s"]);
        using var cancellation = new CancellationTokenSource();
        Exception? thrown = null;
        Thread second = Blocked.Start(() => thrown = Record.Exception(
            () => UnixSocket.Connect(directory["s"], cancellationToken: cancellation.Token)));
        cancellation.Cancel();
        Blocked.Join(second);
        Assert.IsType<OperationCanceledException>(thrown);

        UnixSocket? third = null;
        Thread waiting = Blocked.Start(() => third = UnixSocket.Connect(directory["s"]));
        listener.Accept().Dispose();
        Blocked.Join(waiting);
        Assert.NotNull(third);
        third.Dispose();
    }

    private static PeerCredentials UnpairedPeer(TempDirectory directory)
    {
        using UnixSocket alone = UnixSocket.Listen(directory["alone"], UnixSocketType.Datagram);
        return alone.PeerCredentials;
    }
}
