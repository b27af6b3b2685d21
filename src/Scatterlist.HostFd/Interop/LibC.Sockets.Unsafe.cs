using System.Runtime.InteropServices;

namespace Scatterlist.HostFd.Interop;

internal static unsafe partial class LibC
{
    internal const int AfUnix = 1;
    internal const int SockCloseOnExec = 0x80000;
    internal const int SockNonBlock = 0x800;
    internal const int SolSocket = 1;
    internal const int SoType = 3;
    internal const int SoPassCred = 16;
    internal const int SoPeerCred = 17;
    internal const int SoSendTimeout = 21;
    internal const int SoAcceptConn = 30;
    internal const int SoDomain = 39;
    internal const int SoPeerGroups = 59;
    internal const int ScmRights = 1;
    internal const int ScmCredentials = 2;
    internal const int MsgControlTruncated = 0x8;
    internal const int MsgTruncated = 0x20;
    internal const int MsgDontWait = 0x40;
    internal const int MsgNoSignal = 0x4000;
    internal const int MsgCMsgCloseOnExec = 0x40000000;

    [LibraryImport("libc", EntryPoint = "socket")]
    internal static partial int Socket(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "socketpair")]
    internal static partial int SocketPair(int domain, int type, int protocol, int* pair);

    [LibraryImport("libc", EntryPoint = "bind")]
    internal static partial int Bind(int fd, void* address, uint length);

    [LibraryImport("libc", EntryPoint = "listen")]
    internal static partial int Listen(int fd, int backlog);

    [LibraryImport("libc", EntryPoint = "accept4")]
    internal static partial int Accept4(int fd, void* address, uint* length, int flags);

    [LibraryImport("libc", EntryPoint = "connect")]
    internal static partial int Connect(int fd, void* address, uint length);

    [LibraryImport("libc", EntryPoint = "shutdown")]
    internal static partial int Shutdown(int fd, int how);

    [LibraryImport("libc", EntryPoint = "getsockopt")]
    internal static partial int GetSockOpt(int fd, int level, int name, void* value, uint* length);

    [LibraryImport("libc", EntryPoint = "setsockopt")]
    internal static partial int SetSockOpt(int fd, int level, int name, void* value, uint length);

    [LibraryImport("libc", EntryPoint = "sendmsg")]
    internal static partial nint SendMsg(int fd, MsgHdr* message, int flags);

    [LibraryImport("libc", EntryPoint = "recvmsg")]
    internal static partial nint RecvMsg(int fd, MsgHdr* message, int flags);
}
