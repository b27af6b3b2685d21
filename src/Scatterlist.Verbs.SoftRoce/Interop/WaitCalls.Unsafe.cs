using System.Runtime.InteropServices;

namespace Scatterlist.Verbs.SoftRoce.Interop;

/// <summary>What the engine sleeps by.</summary>
internal static unsafe partial class WaitCalls
{
    internal const short PollIn = 1;

    [LibraryImport("libc", EntryPoint = "ppoll")]
    internal static partial int PPoll(PollDescriptor* descriptors, nuint count, TimeSpec* timeout, void* signals);
}
