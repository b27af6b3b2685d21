using System.Runtime.InteropServices;

namespace Scatterlist.Verbs.SoftRoce.Interop;

/// <summary>What the engine sleeps by.</summary>
internal static unsafe partial class WaitCalls
{
    internal const int EfdSemaphore = 1;
    internal const int EfdCloseOnExec = 0x80000;
    internal const int EfdNonBlock = 0x800;
    internal const short PollIn = 1;

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    internal static partial int EventFd(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "read")]
    internal static partial nint Read(int fd, void* buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "write")]
    internal static partial nint Write(int fd, void* buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "ppoll")]
    internal static partial int PPoll(PollDescriptor* descriptors, nuint count, TimeSpec* timeout, void* signals);
}
