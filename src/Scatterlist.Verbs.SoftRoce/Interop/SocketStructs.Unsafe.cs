using System.Runtime.InteropServices;

namespace Scatterlist.Verbs.SoftRoce.Interop;

/// <summary><c>struct msghdr</c> (recvmsg(2)) of the 64-bit ABIs.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MessageHeader
{
    internal void* Name;
    internal uint NameLength;
    internal Block* Blocks;
    internal nuint BlockCount;
    internal void* Control;
    internal nuint ControlLength;
    internal int Flags;
}

/// <summary><c>struct mmsghdr</c> (recvmmsg(2)).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MultiMessage
{
    internal MessageHeader Header;
    internal uint Length;
}

/// <summary><c>struct cmsghdr</c> (cmsg(3)); its data follow at once and the next header is 8-byte aligned.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ControlHeader
{
    internal nuint Length;
    internal int Level;
    internal int Type;
}

/// <summary><c>struct sockaddr_in</c> (ip(7)); port and address in network order.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SocketAddressV4
{
    internal ushort Family;
    internal ushort Port;
    internal uint Address;
    internal fixed byte Zero[8];
}

/// <summary><c>struct sockaddr_in6</c> (ipv6(7)); port and address in network order.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SocketAddressV6
{
    internal ushort Family;
    internal ushort Port;
    internal uint FlowInfo;
    internal fixed byte Address[16];
    internal uint ScopeId;
}

/// <summary><c>struct sock_filter</c>: an instruction of a classic BPF program.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FilterInstruction
{
    internal ushort Code;
    internal byte JumpTrue;
    internal byte JumpFalse;
    internal uint Value;
}

/// <summary><c>struct sock_fprog</c>: a classic BPF program.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct FilterProgram
{
    internal ushort Length;
    internal FilterInstruction* Instructions;
}
