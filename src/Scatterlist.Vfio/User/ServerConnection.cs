using System.Diagnostics;
using Scatterlist.HostFd;

namespace Scatterlist.Vfio;

/// <summary>One client of a <see cref="VfioUserServer"/>: its thread, its device, its memory.</summary>
internal sealed partial class ServerConnection : IDisposable, IRemoteMemory
{
    private static readonly TimeSpan Handover = TimeSpan.FromMilliseconds(50);

    // The next request of a client that is at work comes within this time; waking up takes longer than that.
    private static readonly TimeSpan RequestSpin = TimeSpan.FromMicroseconds(50);

    private readonly VfioUserServer _server;
    private readonly MessageChannel _channel;
    private readonly Func<VfioDeviceModel> _device;
    private readonly bool _ownsDevice;
    private readonly VfioUserServerOptions _options;
    private readonly Thread _thread;
    private VfioDeviceModel? _model; // once the client has said its version
    private UserCapabilities _client;
    private byte[] _answer = new byte[4096];

    internal ServerConnection(
        VfioUserServer server, UnixSocket socket, Func<VfioDeviceModel> device, bool ownsDevice,
        VfioUserServerOptions options)
    {
        _server = server;
        _device = device;
        _ownsDevice = ownsDevice;
        _options = options;
        _channel = new MessageChannel(socket, options.PeerTimeout, RequestSpin);
        _thread = new Thread(Run) { IsBackground = true, Name = "vfio-user client" };
    }

    /// <summary>Whether its client is gone while it may still have the device.</summary>
    internal bool IsLeaving => _channel.Failure != Errno.None;

    private VfioDeviceModel Model => _model!;

    internal void Start() => _thread.Start();

    /// <summary>Waits until the device is free again.</summary>
    internal void Join()
    {
        if (_thread.IsAlive)
            _thread.Join();
    }

    /// <summary>Disconnects the client. Its thread gives the device back.</summary>
    public void Dispose() => _channel.Dispose();

    /// <inheritdoc/>
    public Errno Read(ulong address, Span<byte> destination)
    {
        Span<byte> head = stackalloc byte[UserWire.AccessBytes];
        while (!destination.IsEmpty)
        {
            int count = Math.Min(destination.Length, _client.MaxTransferBytes);
            UserWire.Put64(head, 0, address);
            UserWire.Put64(head, 8, (ulong)count);
            Errno errno = _channel.Call(UserCommand.DmaRead, head, default, default, out Message? reply);
            if (errno != Errno.None)
                return errno;
            ReadOnlySpan<byte> payload = reply!.Payload;
            bool isSound = payload.Length == UserWire.AccessBytes + count && UserWire.Get64(payload, 0) == address
                && UserWire.Get64(payload, 8) == (ulong)count;
            if (isSound)
                payload[UserWire.AccessBytes..].CopyTo(destination);
            _channel.Return(reply);
            if (!isSound)
                return _channel.Fail(Errno.EPROTO);
            destination = destination[count..];
            address += (ulong)count;
        }

        return Errno.None;
    }

    /// <inheritdoc/>
    public Errno Write(ulong address, ReadOnlySpan<byte> source)
    {
        Span<byte> head = stackalloc byte[UserWire.AccessBytes];
        while (!source.IsEmpty)
        {
            int count = Math.Min(source.Length, _client.MaxTransferBytes);
            UserWire.Put64(head, 0, address);
            UserWire.Put64(head, 8, (ulong)count);
            Errno errno = _channel.Call(UserCommand.DmaWrite, head, source[..count], default, out Message? reply);
            if (errno != Errno.None)
                return errno;
            // The count has 4 bytes in the protocol's text and 8 in its first implementation.
            ReadOnlySpan<byte> payload = reply!.Payload;
            bool isSound = payload.Length is 12 or UserWire.AccessBytes && UserWire.Get64(payload, 0) == address
                && UserWire.Get32(payload, 8) == (uint)count;
            _channel.Return(reply);
            if (!isSound)
                return _channel.Fail(Errno.EPROTO);
            source = source[count..];
            address += (ulong)count;
        }

        return Errno.None;
    }

    private void Run()
    {
        try
        {
            // The first message has to come soon: before it, the connection is nobody's client.
            Errno errno = _channel.ReceiveCommand(_options.PeerTimeout, out Message? command);
            if (errno == Errno.None && Welcome(command!))
            {
                while (_channel.ReceiveCommand(Timeout.InfiniteTimeSpan, out command) == Errno.None)
                    Answer(command!);
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Whatever it was, it ends this client and not the process.
        }

        _channel.Dispose();
        try
        {
            _model?.Detach();
            if (_ownsDevice)
                _model?.Dispose();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // A bug of the model. What it had of the client is gone all the same.
        }

        _server.Remove(this);
    }

    /// <summary>Answers the version message and takes the device.</summary>
    private bool Welcome(Message command)
    {
        ReadOnlySpan<byte> payload = command.Payload;
        Errno errno = Errno.None;
        if (command.Command != UserCommand.Version || payload.Length < 4 || !HasDescriptors(command, 0)
            || !UserCapabilities.TryParse(payload[4..], out _client))
        {
            errno = Errno.EINVAL;
        }
        else if (UserWire.Get16(payload, 0) != 0)
        {
            errno = Errno.EPROTONOSUPPORT;
        }
        else
        {
            errno = Attach();
        }

        if (errno == Errno.None)
        {
            byte[] text = new UserCapabilities
            {
                MaxDescriptors = UserWire.MaxDescriptors,
                MaxMappings = (uint)SharedMemory.MaxCount,
                PageSizes = ~((ulong)_options.PageSize - 1) & 0x40201000 | _options.PageSize,
            }.ToText();
            Span<byte> version = stackalloc byte[4];
            UserWire.Put16(version, 0, 0);
            UserWire.Put16(version, 2, Math.Min(UserWire.Get16(payload, 2), (ushort)1));
            Reply(command, Errno.None, version, text);
        }
        else
        {
            Reply(command, errno);
        }

        _channel.Return(command);
        return errno == Errno.None;
    }

    private Errno Attach()
    {
        VfioDeviceModel? model = null;
        try
        {
            model = _device();
            // The client before this one may just have gone, and its thread not have given the device back yet.
            long start = Stopwatch.GetTimestamp();
            while (!model.TryAttach())
            {
                TimeSpan patience = _server.IsSomebodyLeaving ? _options.PeerTimeout : Handover;
                if (Stopwatch.GetElapsedTime(start) > patience || _channel.Failure != Errno.None)
                    return Errno.EBUSY;
                Thread.Sleep(1);
            }

            _model = model;
            return Errno.None;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            if (_ownsDevice)
                model?.Dispose();
            return Errno.ENODEV;
        }
    }

    private void Reply(
        Message command, Errno errno, ReadOnlySpan<byte> head = default, ReadOnlySpan<byte> data = default,
        ReadOnlySpan<int> descriptors = default)
    {
        if (!command.WantsReply)
            return;
        if (errno != Errno.None)
            _ = _channel.Send(command.Id, command.Command, UserWire.Reply, errno, default);
        else
            _ = _channel.Send(command.Id, command.Command, UserWire.Reply, errno, head, data, descriptors);
    }

    private static bool HasDescriptors(Message command, int most) =>
        !command.HasLostDescriptors && command.Descriptors.Count <= most;
}
