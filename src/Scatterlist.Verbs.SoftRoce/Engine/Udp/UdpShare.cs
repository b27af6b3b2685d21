using System.Globalization;
using System.Net;
using Scatterlist.HostFd;
using Scatterlist.Verbs.SoftRoce.Interop;

namespace Scatterlist.Verbs.SoftRoce.Engine.Udp;

/// <summary>
/// One address for several processes of a user. The first makes one socket for each of the slots, all bound alike, and
/// tells the kernel to pick among them by the low bits of the destination queue pair. The others get all of the sockets
/// from any process that has them, and take a slot that nobody has.
/// </summary>
/// <remarks>
/// The kernel picks by the order in which sockets were bound, and closing one moves another into its place. Therefore
/// every process holds all of them: no socket goes before the last process does, and the order stays what it was. A
/// slot is held by listening at its abstract name, which ends with its process however that ends; names and addresses
/// have the same scope, the network namespace. Whoever answers is checked to be of the same user.
/// </remarks>
internal sealed class UdpShare : IDisposable
{
    /// <summary>The low bits of a queue pair's number that say whose it is.</summary>
    internal const int SlotBits = 4;

    private const int Slots = 1 << SlotBits;
    private const int Attempts = 5;
    private const int AskEvery = 1; // milliseconds

    // To connect takes no time, unless very many have and were not heard.
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromMilliseconds(200);
    private static readonly uint OwnUser = SameHostCalls.GetEffectiveUser();

    private readonly CancellationTokenSource _end = new();
    private readonly UnixSocket _listener;
    private readonly FileDescriptor[] _sockets;

    private UdpShare(UnixSocket listener, FileDescriptor[] sockets, int slot)
    {
        _listener = listener;
        _sockets = sockets;
        Slot = slot;
        _ = ServeAsync(listener, sockets, _end.Token);
    }

    /// <summary>Which of the processes this is.</summary>
    internal int Slot { get; }

    /// <summary>Joins those that share the address, or is the first.</summary>
    /// <exception cref="VerbsException">The address is not of this host, taken, or shared by too many.</exception>
    internal static UdpShare Join(IPAddress local, UdpPortOptions options)
    {
        string name = string.Create(
            CultureInfo.InvariantCulture,
            $"\0scatterlist-roce/{OwnUser}/{new IPEndPoint(local, options.Port)}/");
        using UnixSocket turn = TakeTurn(name, local, options);
        UnixSocket? listener = null;
        try
        {
            List<int> taken = [];
            int slot = 0;
            for (; slot < Slots && listener is null; slot++)
            {
                listener = TryListen(name + slot.ToString(CultureInfo.InvariantCulture));
                if (listener is null)
                    taken.Add(slot);
            }

            if (listener is null)
            {
                throw new VerbsException(
                    UdpSocket.Verb(local, options.Port), Errno.EBUSY, $"{Slots} processes share this address already.",
                    "Open another address of this host, or one of 127.0.0.0/8.");
            }

            for (int later = slot; later < Slots; later++)
                taken.Add(later); // maybe: asking finds out
            FileDescriptor[] sockets = AskFor(name, taken, options.JoinPatience / 2) ?? Make(local, options);
            return new UdpShare(listener, sockets, slot - 1);
        }
        catch
        {
            listener?.Dispose();
            throw;
        }
    }

    /// <summary>A descriptor of the slot's own socket, emptied of what came for whoever had the slot before.</summary>
    internal FileDescriptor TakeSocket()
    {
        FileDescriptor socket = _sockets[Slot].Duplicate();
        UdpSocket.Drain(socket.Value);
        return socket;
    }

    /// <summary>Gives the slot back. Idempotent.</summary>
    public void Dispose()
    {
        _end.Cancel();
        _listener.Dispose();
        lock (_sockets)
        {
            foreach (FileDescriptor socket in _sockets)
                socket.Dispose();
        }
    }

    // One at a time joins, or nobody could say who is the first. Others may be in line before us: what must not last is
    // the turn of one.
    private static UnixSocket TakeTurn(string name, IPAddress local, UdpPortOptions options)
    {
        string turnName = name + "join";
        int? holder = null;
        long end = 0;
        while (true)
        {
            if (TryListen(turnName) is { } turn)
                return turn;
            if (Environment.TickCount64 > end)
            {
                int? now = ProcessAt(turnName);
                if (now is not null && now == holder)
                {
                    throw new VerbsException(
                        UdpSocket.Verb(local, options.Port), Errno.EBUSY,
                        $"Process {now} has been joining those that share this address for seconds.",
                        "End it if it is stopped or hangs.");
                }

                holder = now;
                end = Environment.TickCount64 + (long)options.JoinPatience.TotalMilliseconds;
            }

            Thread.Sleep(1);
        }
    }

    // Who listens there; null: nobody any more.
    private static int? ProcessAt(string name)
    {
        using UnixSocket? socket = TryConnect(name, out PeerCredentials who);
        return socket is null ? null : who.Pid;
    }

    private static UnixSocket? TryListen(string name)
    {
        try
        {
            return UnixSocket.Listen(name);
        }
        catch (ScatterlistException e) when (e.Errno == Errno.EADDRINUSE)
        {
            return null;
        }
    }

    /// <summary>
    /// The sockets, from the first process that answers; null: nobody has them. All are asked at once, since one that is
    /// stopped does not say so.
    /// </summary>
    private static FileDescriptor[]? AskFor(string name, List<int> slots, TimeSpan patience)
    {
        List<UnixSocket> members = [];
        try
        {
            foreach (int slot in slots)
            {
                UnixSocket? member = TryConnect(name + slot.ToString(CultureInfo.InvariantCulture), out PeerCredentials who);
                if (member is not null && who.Uid == OwnUser)
                    members.Add(member);
                else
                    member?.Dispose(); // a name that somebody else took: its sockets would not be those of the address
            }

            long end = Environment.TickCount64 + (long)patience.TotalMilliseconds;
            while (members.Count > 0)
            {
                for (int i = members.Count - 1; i >= 0; i--)
                {
                    Errno errno = TryReceive(members[i], out FileDescriptor[]? sockets);
                    if (sockets is not null)
                        return sockets;
                    if (errno == Errno.EAGAIN)
                        continue;
                    members[i].Dispose(); // it went
                    members.RemoveAt(i);
                }

                if (Environment.TickCount64 > end)
                    break;
                Thread.Sleep(AskEvery);
            }

            return null;
        }
        finally
        {
            members.ForEach(member => member.Dispose());
        }
    }

    // Null: nobody is there, or it went, or takes no one any more.
    private static UnixSocket? TryConnect(string name, out PeerCredentials who)
    {
        who = default;
        UnixSocket? socket = null;
        try
        {
            using var limit = new CancellationTokenSource(ConnectLimit);
            socket = UnixSocket.Connect(name, cancellationToken: limit.Token);
            who = socket.PeerCredentials;
            return socket;
        }
        catch (Exception e) when (e is ScatterlistException or OperationCanceledException)
        {
            socket?.Dispose();
            return null;
        }
    }

    private static Errno TryReceive(UnixSocket member, out FileDescriptor[]? sockets)
    {
        using var received = new ReceivedDescriptors();
        Span<byte> message = stackalloc byte[1];
        ReceiveResult result = member.RecvMsg(message, received, MessageFlags.DontWait);
        bool isWhole = result.IsSuccess && received.Count == Slots;
        sockets = isWhole ? [.. Enumerable.Range(0, Slots).Select(received.Take)] : null;
        return isWhole || !result.IsSuccess ? result.Errno : Errno.ENODATA;
    }

    private static FileDescriptor[] Make(IPAddress local, UdpPortOptions options)
    {
        for (int attempt = 1; ; attempt++)
        {
            List<FileDescriptor> sockets = [];
            bool isWhole = false;
            try
            {
                for (int slot = 0; slot < Slots; slot++)
                {
                    sockets.Add(UdpSocket.Open(local, options, reusePort: true));
                    if (slot == 0)
                        UdpSocket.SteerByQueuePair(sockets[0].Value, Slots - 1);
                }

                // Sockets of a process that is just ending, or of another program, would make ours others than they seem.
                isWhole = sockets.Select((socket, slot) => UdpSocket.IsSteeredTo(socket.Value, local, options.Port, slot))
                    .All(steered => steered);
                if (isWhole)
                    return [.. sockets];
                if (attempt == Attempts)
                {
                    throw new VerbsException(
                        UdpSocket.Verb(local, options.Port), Errno.EADDRINUSE,
                        "Packets do not reach the sockets that they are for: another program shares the port.",
                        $"See who has it: ss -ulpn sport = :{options.Port}");
                }
            }
            finally
            {
                if (!isWhole)
                    sockets.ForEach(socket => socket.Dispose());
            }

            Thread.Sleep(20 * attempt);
        }
    }

    private static async Task ServeAsync(UnixSocket listener, FileDescriptor[] sockets, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            try
            {
                using UnixSocket joiner = await listener.AcceptAsync(end).ConfigureAwait(false);
                if (joiner.PeerCredentials.Uid != OwnUser)
                    continue;
                lock (sockets) // they are not closed meanwhile
                    joiner.SendMsg([1], [.. sockets.Select(socket => socket.Value)], MessageFlags.DontWait, end);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (ScatterlistException)
            {
                await Task.Delay(10, CancellationToken.None).ConfigureAwait(false); // EMFILE: others may answer
            }
        }
    }
}
