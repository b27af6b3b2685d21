using System.Runtime.InteropServices;

namespace Scatterlist.Vrtd.Emulator.Interop;

/// <summary><c>struct passwd</c> of getpwnam(3), 64-bit Linux.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Passwd
{
    internal byte* Name;
    internal byte* Password;
    internal uint UserId;
    internal uint GroupId;
    internal byte* Gecos;
    internal byte* Directory;
    internal byte* Shell;
}
