namespace Scatterlist.Abi.Tests;

/// <summary>What <c>src/Scatterlist.Verbs.SoftRoce</c> mirrors.</summary>
internal static class SoftRoceAbi
{
    private const string Room = "Scatterlist.Verbs.SoftRoce.Interop.";

    internal static AbiTable Table { get; } = new AbiTable(
            "Scatterlist.Verbs.SoftRoce", "netinet/in.h", "netinet/udp.h", "poll.h", "sys/socket.h", "time.h",
            "linux/filter.h")
        .Struct(
            Room + "PollDescriptor", "struct pollfd", ("Descriptor", "fd"), ("Events", "events"), ("Returned", "revents"))
        .Struct(Room + "TimeSpec", "struct timespec", ("Seconds", "tv_sec"), ("Nanoseconds", "tv_nsec"))
        .Constants(Room + "WaitCalls", ("PollIn", "POLLIN"))
        .Struct(
            Room + "MessageHeader",
            "struct msghdr",
            ("Name", "msg_name"),
            ("NameLength", "msg_namelen"),
            ("Blocks", "msg_iov"),
            ("BlockCount", "msg_iovlen"),
            ("Control", "msg_control"),
            ("ControlLength", "msg_controllen"),
            ("Flags", "msg_flags"))
        .Struct(Room + "MultiMessage", "struct mmsghdr", ("Header", "msg_hdr"), ("Length", "msg_len"))
        .Struct(
            Room + "ControlHeader",
            "struct cmsghdr",
            ("Length", "cmsg_len"),
            ("Level", "cmsg_level"),
            ("Type", "cmsg_type"))
        .Struct(
            Room + "SocketAddressV4",
            "struct sockaddr_in",
            ("Family", "sin_family"),
            ("Port", "sin_port"),
            ("Address", "sin_addr"),
            ("Zero", "sin_zero"))
        .Struct(
            Room + "SocketAddressV6",
            "struct sockaddr_in6",
            ("Family", "sin6_family"),
            ("Port", "sin6_port"),
            ("FlowInfo", "sin6_flowinfo"),
            ("Address", "sin6_addr"),
            ("ScopeId", "sin6_scope_id"))
        .Struct(
            Room + "FilterInstruction",
            "struct sock_filter",
            ("Code", "code"),
            ("JumpTrue", "jt"),
            ("JumpFalse", "jf"),
            ("Value", "k"))
        .Struct(Room + "FilterProgram", "struct sock_fprog", ("Length", "len"), ("Instructions", "filter"))
        .Constants(
            Room + "SocketCalls",
            ("AfUnix", "AF_UNIX"),
            ("AfInet", "AF_INET"),
            ("AfInet6", "AF_INET6"),
            ("SockDatagram", "(SOCK_DGRAM)"),
            ("SockSeqPacket", "(SOCK_SEQPACKET)"),
            ("SockCloseOnExec", "(SOCK_CLOEXEC)"),
            ("SockNonBlock", "(SOCK_NONBLOCK)"),
            ("SolSocket", "SOL_SOCKET"),
            ("SoSendBuffer", "SO_SNDBUF"),
            ("SoReceiveBuffer", "SO_RCVBUF"),
            ("SoReusePort", "SO_REUSEPORT"),
            ("SoSendBufferForce", "SO_SNDBUFFORCE"),
            ("SoReceiveBufferForce", "SO_RCVBUFFORCE"),
            ("SoAttachReusePortFilter", "SO_ATTACH_REUSEPORT_CBPF"),
            ("LevelIp", "(IPPROTO_IP)"),
            ("IpTos", "IP_TOS"),
            ("IpTtl", "IP_TTL"),
            ("IpMtuDiscover", "IP_MTU_DISCOVER"),
            ("IpReceiveTtl", "IP_RECVTTL"),
            ("IpReceiveTos", "IP_RECVTOS"),
            ("IpMtu", "IP_MTU"),
            ("PathMtuDo", "IP_PMTUDISC_DO"),
            ("PathMtuDo", "IPV6_PMTUDISC_DO"),
            ("LevelIpv6", "(IPPROTO_IPV6)"),
            ("Ipv6MtuDiscover", "IPV6_MTU_DISCOVER"),
            ("Ipv6Mtu", "IPV6_MTU"),
            ("Ipv6Only", "IPV6_V6ONLY"),
            ("Ipv6ReceiveHopLimit", "IPV6_RECVHOPLIMIT"),
            ("Ipv6HopLimit", "IPV6_HOPLIMIT"),
            ("Ipv6ReceiveTrafficClass", "IPV6_RECVTCLASS"),
            ("Ipv6TrafficClass", "IPV6_TCLASS"),
            ("LevelUdp", "(IPPROTO_UDP)"),
            ("UdpNoCheck6Receive", "UDP_NO_CHECK6_RX"),
            ("UdpSegment", "UDP_SEGMENT"),
            ("UdpGro", "UDP_GRO"),
            ("MessageTruncated", "(MSG_TRUNC)"),
            ("DontWait", "(MSG_DONTWAIT)"),
            ("FilterLoadWord", "(BPF_LD | BPF_W | BPF_ABS)"),
            ("FilterAnd", "(BPF_ALU | BPF_AND | BPF_K)"),
            ("FilterReturnA", "(BPF_RET | BPF_A)"));
}
