using System.Runtime.InteropServices;

namespace Scatterlist.HostFd.Tests;

/// <summary>System calls that the tests make themselves.</summary>
internal static unsafe partial class TestCalls
{
    [LibraryImport("libc", EntryPoint = "gettid")]
    internal static partial int GetThreadId();
}
