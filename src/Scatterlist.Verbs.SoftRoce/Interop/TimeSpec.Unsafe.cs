using System.Runtime.InteropServices;

namespace Scatterlist.Verbs.SoftRoce.Interop;

/// <summary><c>struct timespec</c>, 64-bit Linux.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TimeSpec
{
    internal long Seconds;
    internal long Nanoseconds;
}
