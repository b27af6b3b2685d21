using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Scatterlist.Verbs.SoftRoce.Interop;

namespace Scatterlist.Verbs.SoftRoce.Engine.Udp;

/// <summary>Sets up the sockets of <see cref="UdpPort"/>.</summary>
internal static unsafe class UdpSocket
{
    private const int Headers = 80; // what IP, UDP, the headers and the ICRC of any packet take at most

    internal static string Verb(IPAddress local, int port) => $"bind({new IPEndPoint(local, port)}, UDP)";

    /// <exception cref="VerbsException">No socket, or the address cannot be taken.</exception>
    internal static FileDescriptor Open(IPAddress local, UdpPortOptions options, bool reusePort)
    {
        bool isV4 = local.AddressFamily == AddressFamily.InterNetwork;
        int domain = isV4 ? SocketCalls.AfInet : SocketCalls.AfInet6;
        const int Type = SocketCalls.SockDatagram | SocketCalls.SockCloseOnExec | SocketCalls.SockNonBlock;
        int fd = SocketCalls.Socket(domain, Type, 0);
        if (fd < 0)
        {
            Errno errno = SocketCalls.LastError();
            throw new VerbsException(
                $"socket({(isV4 ? "AF_INET" : "AF_INET6")}, SOCK_DGRAM)", errno,
                remedy: errno == Errno.EMFILE ? "Raise the limit of open files (ulimit -n)." : null);
        }

        FileDescriptor socket = FileDescriptor.FromOwned(fd);
        try
        {
            Configure(fd, isV4, options, reusePort);
            byte[] address = MakeAddress(local, options.Port, isV4 ? 0 : (uint)local.ScopeId);
            int result;
            Errno errno = Errno.None;
            fixed (byte* pointer = address)
            {
                result = SocketCalls.Bind(fd, pointer, (uint)address.Length);
                if (result < 0)
                    errno = SocketCalls.LastError();
            }

            if (result < 0)
                throw Explain(local, options, errno);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    internal static int ReceiveBufferOf(int fd)
    {
        int bytes = 0;
        uint length = sizeof(int);
        return SocketCalls.GetOption(fd, SocketCalls.SolSocket, SocketCalls.SoReceiveBuffer, &bytes, &length) == 0
            ? bytes
            : 0;
    }

    /// <summary>Whether the kernel cuts messages (Linux 4.18 and later).</summary>
    internal static bool CanSegment(int fd)
    {
        int off = 0;
        return SocketCalls.SetOption(fd, SocketCalls.LevelUdp, SocketCalls.UdpSegment, &off, sizeof(int)) == 0;
    }

    /// <summary>Whether the kernel puts packets together (Linux 5.0 and later; older ones give them one by one).</summary>
    internal static void Merge(int fd, bool merges) =>
        TrySet(fd, SocketCalls.LevelUdp, SocketCalls.UdpGro, merges ? 1 : 0);

    /// <summary>Whether each packet comes with its traffic class and its hop limit.</summary>
    internal static void TellHeaders(int fd, bool isV4, bool tells)
    {
        int value = tells ? 1 : 0;
        if (isV4)
        {
            Set(fd, SocketCalls.LevelIp, SocketCalls.IpReceiveTos, value, "IP_RECVTOS");
            Set(fd, SocketCalls.LevelIp, SocketCalls.IpReceiveTtl, value, "IP_RECVTTL");
        }
        else
        {
            Set(fd, SocketCalls.LevelIpv6, SocketCalls.Ipv6ReceiveTrafficClass, value, "IPV6_RECVTCLASS");
            Set(fd, SocketCalls.LevelIpv6, SocketCalls.Ipv6ReceiveHopLimit, value, "IPV6_RECVHOPLIMIT");
        }
    }

    /// <summary>A socket address in pinned memory.</summary>
    internal static byte[] MakeAddress(IPAddress address, int port, uint scope)
    {
        bool isV4 = address.AddressFamily == AddressFamily.InterNetwork;
        byte[] bytes = GC.AllocateArray<byte>(isV4 ? sizeof(SocketAddressV4) : sizeof(SocketAddressV6), pinned: true);
        Unsafe.WriteUnaligned(ref bytes[0], (ushort)(isV4 ? SocketCalls.AfInet : SocketCalls.AfInet6));
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)port);
        if (isV4)
        {
            address.TryWriteBytes(bytes.AsSpan(4), out _);
            return bytes;
        }

        address.TryWriteBytes(bytes.AsSpan(8), out _);
        bool isLinkLocal = address.IsIPv6LinkLocal;
        Unsafe.WriteUnaligned(ref bytes[24], isLinkLocal ? scope : 0);
        return bytes;
    }

    /// <summary>The largest payload of verbs (256..4096) that the network to a peer carries in one packet.</summary>
    /// <exception cref="VerbsException">There is no route.</exception>
    internal static int FindMaxPayload(byte[] peer, in Gid destination)
    {
        // A socket tells the MTU of its route only when it is connected, so one is, for the moment.
        bool isV4 = destination.IsIPv4;
        int fd = SocketCalls.Socket(
            isV4 ? SocketCalls.AfInet : SocketCalls.AfInet6, SocketCalls.SockDatagram | SocketCalls.SockCloseOnExec, 0);
        if (fd < 0)
            throw new VerbsException("socket(SOCK_DGRAM)", SocketCalls.LastError());
        using FileDescriptor socket = FileDescriptor.FromOwned(fd);
        Errno errno = Errno.None;
        fixed (byte* address = peer)
        {
            if (SocketCalls.Connect(fd, address, (uint)peer.Length) < 0)
                errno = SocketCalls.LastError();
        }

        if (errno != Errno.None)
        {
            throw new VerbsException(
                $"route to {destination.ToAddress()}", errno, remedy: "See: ip route get " + destination.ToAddress());
        }

        int mtu = 0;
        uint length = sizeof(int);
        int level = isV4 ? SocketCalls.LevelIp : SocketCalls.LevelIpv6;
        int name = isV4 ? SocketCalls.IpMtu : SocketCalls.Ipv6Mtu;
        if (SocketCalls.GetOption(fd, level, name, &mtu, &length) < 0)
            mtu = 1500;
        int payload = 4096;
        while (payload > 256 && payload + Headers > mtu)
            payload /= 2;
        return payload;
    }

    /// <summary>Has the kernel pick among the sockets of an address by the low bits of the destination queue pair.</summary>
    /// <exception cref="VerbsException">The kernel does not take the program.</exception>
    internal static void SteerByQueuePair(int fd, uint mask)
    {
        // The packet starts behind the UDP header; the queue pair is in its second word. What is returned is the index of
        // a socket, in the order in which they were bound.
        const int Instructions = 3;
        FilterInstruction* instructions = stackalloc FilterInstruction[Instructions];
        instructions[0] = new FilterInstruction { Code = SocketCalls.FilterLoadWord, Value = 4 };
        instructions[1] = new FilterInstruction { Code = SocketCalls.FilterAnd, Value = mask };
        instructions[2] = new FilterInstruction { Code = SocketCalls.FilterReturnA };
        var program = new FilterProgram { Length = Instructions, Instructions = instructions };
        int result = SocketCalls.SetOption(
            fd, SocketCalls.SolSocket, SocketCalls.SoAttachReusePortFilter, &program, (uint)sizeof(FilterProgram));
        if (result < 0)
            throw new VerbsException("setsockopt(SO_ATTACH_REUSEPORT_CBPF)", SocketCalls.LastError());
    }

    /// <summary>Whether a packet to a queue pair with these low bits comes to this socket, by trying.</summary>
    internal static bool IsSteeredTo(int fd, IPAddress local, int port, int slot)
    {
        // No packet of RoCE: the opcode is none, and the rest is random, so that another's packet is not taken for it.
        Span<byte> probe = stackalloc byte[32];
        System.Security.Cryptography.RandomNumberGenerator.Fill(probe);
        probe[0] = 0xff;
        BinaryPrimitives.WriteUInt32BigEndian(probe[4..], (uint)slot);
        using var sender = new Socket(local.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        sender.SendTo(probe, new IPEndPoint(local, port));
        Span<byte> received = stackalloc byte[64];
        for (int i = 0; i < 1000; i++)
        {
            int length = ReceiveOne(fd, received);
            if (length == probe.Length && received[..length].SequenceEqual(probe))
                return true;
            if (length < 0 && i > 20)
                return false;
            if (length < 0)
                Thread.Sleep(1); // on a busy machine even a packet to oneself may take a while
        }

        return false;
    }

    /// <summary>Throws away what waits.</summary>
    internal static void Drain(int fd)
    {
        Span<byte> received = stackalloc byte[16];
        for (int i = 0; i < 1_000_000 && ReceiveOne(fd, received) >= 0; i++)
        {
        }
    }

    private static int ReceiveOne(int fd, Span<byte> to)
    {
        fixed (byte* bytes = to)
            return (int)SocketCalls.Receive(fd, bytes, (nuint)to.Length, SocketCalls.DontWait);
    }

    private static void Configure(int fd, bool isV4, UdpPortOptions options, bool reusePort)
    {
        if (!TrySet(fd, SocketCalls.SolSocket, SocketCalls.SoReceiveBufferForce, options.BufferBytes))
            TrySet(fd, SocketCalls.SolSocket, SocketCalls.SoReceiveBuffer, options.BufferBytes);
        if (!TrySet(fd, SocketCalls.SolSocket, SocketCalls.SoSendBufferForce, options.BufferBytes))
            TrySet(fd, SocketCalls.SolSocket, SocketCalls.SoSendBuffer, options.BufferBytes);
        if (reusePort)
            Set(fd, SocketCalls.SolSocket, SocketCalls.SoReusePort, 1, "SO_REUSEPORT");
        if (isV4)
        {
            Set(fd, SocketCalls.LevelIp, SocketCalls.IpMtuDiscover, SocketCalls.PathMtuDo, "IP_MTU_DISCOVER");
        }
        else
        {
            Set(fd, SocketCalls.LevelIpv6, SocketCalls.Ipv6Only, 1, "IPV6_V6ONLY");
            Set(fd, SocketCalls.LevelIpv6, SocketCalls.Ipv6MtuDiscover, SocketCalls.PathMtuDo, "IPV6_MTU_DISCOVER");
            Set(fd, SocketCalls.LevelUdp, SocketCalls.UdpNoCheck6Receive, 1, "UDP_NO_CHECK6_RX");
        }

        Merge(fd, true);
    }

    private static bool TrySet(int fd, int level, int name, int value) =>
        SocketCalls.SetOption(fd, level, name, &value, sizeof(int)) == 0;

    private static void Set(int fd, int level, int name, int value, string text)
    {
        if (SocketCalls.SetOption(fd, level, name, &value, sizeof(int)) < 0)
            throw new VerbsException($"setsockopt({text}, {value})", SocketCalls.LastError());
    }

    private static VerbsException Explain(IPAddress local, UdpPortOptions options, Errno errno) => errno switch
    {
        Errno.EADDRINUSE => new VerbsException(
            Verb(local, options.Port), errno,
            KernelHoldsPort() && options.Port == SoftNicOptions.RocePort
                ? "The kernel's rdma_rxe is loaded and holds the port of RoCE on every address."
                : "Another process has a soft NIC, or another socket, on this address.",
            KernelHoldsPort() && options.Port == SoftNicOptions.RocePort
                ? "Unload it (modprobe -r rdma_rxe), or run in another network namespace (unshare -rn)."
                : $"Open another address, as one of 127.0.0.0/8, share this one, or see who has it: ss -ulpn sport = "
                    + $":{options.Port}"),
        Errno.EADDRNOTAVAIL => new VerbsException(
            Verb(local, options.Port), errno, "The address is not one of this host.",
            "Name one that `ip addr` lists, or one of 127.0.0.0/8."),
        Errno.EACCES => new VerbsException(
            Verb(local, options.Port), errno, remedy: "Ports below 1024 need CAP_NET_BIND_SERVICE."),
        _ => new VerbsException(Verb(local, options.Port), errno),
    };

    private static bool KernelHoldsPort() => Directory.Exists("/sys/module/rdma_rxe");
}
