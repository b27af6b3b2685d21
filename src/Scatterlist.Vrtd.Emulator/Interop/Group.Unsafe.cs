using System.Runtime.InteropServices;

namespace Scatterlist.Vrtd.Emulator.Interop;

/// <summary><c>struct group</c> of getgrnam(3), 64-bit Linux.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Group
{
    internal byte* Name;
    internal byte* Password;
    internal uint GroupId;
    internal byte** Members;
}
