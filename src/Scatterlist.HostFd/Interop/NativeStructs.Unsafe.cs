using System.Runtime.InteropServices;

namespace Scatterlist.HostFd.Interop;

/// <summary><c>struct msghdr</c> (recvmsg(2)) of the 64-bit ABIs.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MsgHdr
{
    internal void* Name;
    internal uint NameLength;
    internal Block* Iov;
    internal nuint IovLength;
    internal void* Control;
    internal nuint ControlLength;
    internal int Flags;
}

/// <summary><c>struct cmsghdr</c> (cmsg(3)); its data follow at once and the next header is 8-byte aligned.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CMsgHdr
{
    internal nuint Length;
    internal int Level;
    internal int Type;
}

/// <summary><c>struct pollfd</c> (poll(2)).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollFd
{
    internal int Fd;
    internal short Events;
    internal short Returned;
}

/// <summary>
/// <c>struct timespec</c> and <c>struct timeval</c> of the 64-bit ABIs: seconds, then nano- or microseconds.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TimeSpec
{
    internal long Seconds;
    internal long Fraction;
}

/// <summary><c>struct statx</c> (statx(2)), the same on every architecture.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct StatX
{
    internal const uint BasicStats = 0x7ff;
    internal const uint DirectIoAlignment = 0x2000;
    internal const uint WriteAtomic = 0x10000;

    internal const ushort TypeMask = 0xf000;
    internal const ushort TypeFifo = 0x1000;
    internal const ushort TypeCharacter = 0x2000;
    internal const ushort TypeDirectory = 0x4000;
    internal const ushort TypeBlock = 0x6000;
    internal const ushort TypeRegular = 0x8000;
    internal const ushort TypeLink = 0xa000;
    internal const ushort TypeSocket = 0xc000;

    [FieldOffset(0)] internal uint Mask;
    [FieldOffset(4)] internal uint BlockSize;
    [FieldOffset(28)] internal ushort Mode;
    [FieldOffset(32)] internal ulong Inode;
    [FieldOffset(40)] internal ulong Size;
    [FieldOffset(136)] internal uint DeviceMajor;
    [FieldOffset(140)] internal uint DeviceMinor;
    [FieldOffset(152)] internal uint DirectIoMemoryAlignment;
    [FieldOffset(156)] internal uint DirectIoOffsetAlignment;
    [FieldOffset(168)] internal uint AtomicWriteUnitMin;
    [FieldOffset(172)] internal uint AtomicWriteUnitMax;
    [FieldOffset(176)] internal uint AtomicWriteSegmentsMax;
    [FieldOffset(180)] internal uint DirectIoReadOffsetAlignment;
}

/// <summary><c>struct ucred</c> (unix(7)).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct UCred
{
    internal int Pid;
    internal uint Uid;
    internal uint Gid;
}
