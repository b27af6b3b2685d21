using System.Runtime.InteropServices;

namespace Scatterlist.Verbs.SoftRoce.Interop;

/// <summary>
/// Sockets: UDP, and UNIX for the same host. All calls return -1 and set errno on failure, which
/// <see cref="LastError"/> reads and must be the very next statement.
/// </summary>
internal static unsafe partial class SocketCalls
{
    internal const int AfUnix = 1;
    internal const int AfInet = 2;
    internal const int AfInet6 = 10;
    internal const int SockDatagram = 2;
    internal const int SockSeqPacket = 5;
    internal const int SockCloseOnExec = 0x80000;
    internal const int SockNonBlock = 0x800;

    internal const int SolSocket = 1;
    internal const int SoSendBuffer = 7;
    internal const int SoReceiveBuffer = 8;
    internal const int SoReusePort = 15;
    internal const int SoSendBufferForce = 32;
    internal const int SoReceiveBufferForce = 33;
    internal const int SoAttachReusePortFilter = 51;

    internal const int LevelIp = 0;
    internal const int IpTos = 1;
    internal const int IpTtl = 2;
    internal const int IpMtuDiscover = 10;
    internal const int IpReceiveTtl = 12;
    internal const int IpReceiveTos = 13;
    internal const int IpMtu = 14;
    internal const int PathMtuDo = 2;

    internal const int LevelIpv6 = 41;
    internal const int Ipv6MtuDiscover = 23;
    internal const int Ipv6Mtu = 24;
    internal const int Ipv6Only = 26;
    internal const int Ipv6ReceiveHopLimit = 51;
    internal const int Ipv6HopLimit = 52;
    internal const int Ipv6ReceiveTrafficClass = 66;
    internal const int Ipv6TrafficClass = 67;

    internal const int LevelUdp = 17;
    internal const int UdpNoCheck6Receive = 102;
    internal const int UdpSegment = 103;
    internal const int UdpGro = 104;

    internal const int MessageTruncated = 0x20;
    internal const int DontWait = 0x40;

    internal const ushort FilterLoadWord = 0x20;
    internal const ushort FilterAnd = 0x54;
    internal const ushort FilterReturnA = 0x16;

    [LibraryImport("libc", EntryPoint = "socket")]
    internal static partial int Socket(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind")]
    internal static partial int Bind(int fd, void* address, uint length);

    [LibraryImport("libc", EntryPoint = "connect")]
    internal static partial int Connect(int fd, void* address, uint length);

    [LibraryImport("libc", EntryPoint = "getsockopt")]
    internal static partial int GetOption(int fd, int level, int name, void* value, uint* length);

    [LibraryImport("libc", EntryPoint = "setsockopt")]
    internal static partial int SetOption(int fd, int level, int name, void* value, uint length);

    [LibraryImport("libc", EntryPoint = "sendmmsg")]
    internal static partial int SendMultiple(int fd, MultiMessage* messages, uint count, int flags);

    [LibraryImport("libc", EntryPoint = "recvmmsg")]
    internal static partial int ReceiveMultiple(int fd, MultiMessage* messages, uint count, int flags, TimeSpec* timeout);

    [LibraryImport("libc", EntryPoint = "sendmsg")]
    internal static partial nint SendOne(int fd, MessageHeader* message, int flags);

    [LibraryImport("libc", EntryPoint = "recvmsg")]
    internal static partial nint ReceiveOne(int fd, MessageHeader* message, int flags);

    [LibraryImport("libc", EntryPoint = "sendto")]
    internal static partial nint SendTo(int fd, void* buffer, nuint length, int flags, void* address, uint addressLength);

    [LibraryImport("libc", EntryPoint = "recvfrom")]
    internal static partial nint ReceiveFrom(
        int fd, void* buffer, nuint length, int flags, void* address, uint* addressLength);

    [LibraryImport("libc", EntryPoint = "recv")]
    internal static partial nint Receive(int fd, void* buffer, nuint length, int flags);

    internal static Errno LastError() => (Errno)Marshal.GetLastSystemError();
}
