using Scatterlist.HostFd;
using Scatterlist.Testing;
using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Emulator.Tests;

public sealed class SocketPathTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_socket_and_a_new_directory_are_the_users_alone()
    {
        string path = _directory["new/vrtd.sock"];
        using EmulatedDaemon daemon = EmulatedDaemon.Start(new EmulatorOptions { SocketPath = path });
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
            File.GetUnixFileMode(Path.GetDirectoryName(path)!));
    }

    [Fact]
    public void Its_permissions_can_be_widened()
    {
        const UnixFileMode everybody = (UnixFileMode)0x1B6; // 0666, as the real daemon's
        string path = _directory["open.sock"];
        using EmulatedDaemon daemon = EmulatedDaemon.Start(
            new EmulatorOptions { SocketPath = path, SocketMode = everybody });
        Assert.Equal(everybody, File.GetUnixFileMode(path));
    }

    [Fact]
    public void Clients_come_through_the_path_until_it_is_disposed()
    {
        string path = _directory["vrtd.sock"];
        EmulatedDaemon daemon = EmulatedDaemon.Start(new EmulatorOptions { SocketPath = path });
        using var client = new WireClient(UnixSocket.Connect(path, UnixSocketType.SeqPacket));
        Assert.Equal(VrtdReturnCode.Ok, client.CodeOf(Opcode.GetNumDevices, new byte[1]));
        daemon.Dispose();
        daemon.Dispose();
        Assert.True(client.IsHungUp());
        Assert.False(File.Exists(path));
        Assert.Throws<ScatterlistException>(() => UnixSocket.Connect(path, UnixSocketType.SeqPacket));
        Assert.Throws<ObjectDisposedException>(daemon.Connect);
    }

    [Fact]
    public void A_live_daemons_path_is_not_taken_over()
    {
        string path = _directory["vrtd.sock"];
        using EmulatedDaemon first = EmulatedDaemon.Start(new EmulatorOptions { SocketPath = path });
        var refused = Assert.Throws<ScatterlistException>(
            () => EmulatedDaemon.Start(new EmulatorOptions { SocketPath = path }));
        Assert.Equal(Errno.EADDRINUSE, refused.Errno);
        using var client = new WireClient(UnixSocket.Connect(path, UnixSocketType.SeqPacket));
        Assert.Equal(VrtdReturnCode.Ok, client.CodeOf(Opcode.GetNumDevices, new byte[1]));
    }

    [Fact]
    public void A_dead_daemons_socket_file_is_replaced()
    {
        string path = _directory["vrtd.sock"];
        using (var abandoned = new System.Net.Sockets.Socket(
            System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Seqpacket, 0))
        {
            abandoned.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(path));
            File.Move(path, path + ".kept"); // .NET removes the file when it disposes the socket: keep it
        }

        File.Move(path + ".kept", path);
        using EmulatedDaemon daemon = EmulatedDaemon.Start(new EmulatorOptions { SocketPath = path });
        using var client = new WireClient(UnixSocket.Connect(path, UnixSocketType.SeqPacket));
        Assert.Equal(VrtdReturnCode.Ok, client.CodeOf(Opcode.GetNumDevices, new byte[1]));
    }

    [Fact]
    public void An_ordinary_file_is_left_alone()
    {
        string path = _directory["letter.txt"];
        File.WriteAllText(path, "dear reader");
        Assert.Throws<ScatterlistException>(() => EmulatedDaemon.Start(new EmulatorOptions { SocketPath = path }));
        Assert.Equal("dear reader", File.ReadAllText(path));
    }

    [Fact]
    public void Sockets_can_be_handed_in_but_only_of_the_right_kind()
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start();
        (UnixSocket mine, UnixSocket yours) = UnixSocket.CreatePair(UnixSocketType.SeqPacket);
        daemon.Serve(mine);
        using var client = new WireClient(yours);
        Assert.Equal(VrtdReturnCode.Ok, client.CodeOf(Opcode.GetNumDevices, new byte[1]));
        (UnixSocket stream, UnixSocket other) = UnixSocket.CreatePair(UnixSocketType.Stream);
        using (other)
            Assert.Throws<ArgumentException>(() => daemon.Serve(stream));
        Assert.True(stream.IsDisposed);
    }

    [Theory]
    [InlineData(-1, 64)]
    [InlineData(33, 64)]
    [InlineData(1, 0)]
    [InlineData(1, 4097)]
    public void Options_out_of_range_are_refused(int devices, int queues) =>
        Assert.Throws<ArgumentOutOfRangeException>(
            () => EmulatedDaemon.Start(new EmulatorOptions { DeviceCount = devices, QueuePairLimit = queues }));

    [Fact]
    public void There_can_be_no_device_at_all()
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start(new EmulatorOptions { DeviceCount = 0 });
        using var client = new WireClient(daemon);
        using WireReply count = client.Ask(Opcode.GetNumDevices, new byte[1]);
        Assert.Equal(new byte[4], count.Body);
        Assert.Equal(VrtdReturnCode.AuthError, client.Open(1).Code);
    }
}
