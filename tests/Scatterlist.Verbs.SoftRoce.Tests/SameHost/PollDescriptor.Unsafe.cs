using System.Runtime.InteropServices;

namespace Scatterlist.Verbs.SoftRoce.Tests.SameHost;

/// <summary>poll(2) of one descriptor, not by the code under test.</summary>
internal sealed partial class PollDescriptor(int descriptor)
{
    /// <summary>Waits until it is readable; false when the time is over first.</summary>
    internal bool Wait(int milliseconds = -1)
    {
        Span<int> entry = [descriptor, 1]; // POLLIN
        return Poll(entry, 1, milliseconds) > 0;
    }

    [LibraryImport("libc", EntryPoint = "poll")]
    private static partial int Poll(Span<int> entries, nuint count, int timeout);
}
