using System.Runtime.InteropServices;

namespace Scatterlist.Opae.SoftAccelerator.Tests.Machine;

/// <summary>Takes rights of root away for a moment: capabilities of the calling thread, the limit on locked memory.</summary>
internal static unsafe partial class Privileges
{
    internal const int DacOverride = 1;
    internal const int DacReadSearch = 2;
    internal const int IpcLock = 14;

    private const int MemLock = 8;
    private const uint Version3 = 0x20080522;

    /// <summary>Runs something on this thread without some capabilities (capabilities(7)).</summary>
    internal static void Without(int[] capabilities, Action action)
    {
        // Two words, version and process; and two sets of three words, of which the first is what is effective.
        uint* header = stackalloc uint[] { Version3, 0 };
        uint* sets = stackalloc uint[6];
        Assert.Equal(0, CapGet(header, sets));
        uint before = sets[0];
        foreach (int capability in capabilities)
            sets[0] &= ~(1u << capability);
        Assert.Equal(0, CapSet(header, sets));
        try
        {
            action();
        }
        finally
        {
            sets[0] = before;
            Assert.Equal(0, CapSet(header, sets));
        }
    }

    /// <summary>Runs something while this process may lock a few bytes only (RLIMIT_MEMLOCK of getrlimit(2)).</summary>
    internal static void WithLockedMemory(ulong bytes, Action action)
    {
        ulong* limits = stackalloc ulong[2];
        Assert.Equal(0, GetRLimit(MemLock, limits));
        ulong before = limits[0];
        limits[0] = bytes;
        Assert.Equal(0, SetRLimit(MemLock, limits));
        try
        {
            action();
        }
        finally
        {
            limits[0] = before;
            Assert.Equal(0, SetRLimit(MemLock, limits));
        }
    }

    [LibraryImport("libc", EntryPoint = "capget")]
    private static partial int CapGet(uint* header, uint* sets);

    [LibraryImport("libc", EntryPoint = "capset")]
    private static partial int CapSet(uint* header, uint* sets);

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetRLimit(int resource, ulong* limits);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int SetRLimit(int resource, ulong* limits);
}
