using System.Runtime.InteropServices;

namespace Scatterlist.Compare.Harness;

/// <summary>Keeps the calling thread on one processor until disposed (sched_setaffinity(2)).</summary>
internal sealed unsafe partial class ProcessorPin : IDisposable
{
    // A cpu_set_t of the C library: 1024 bits.
    private const int SetBytes = 128;

    private readonly byte[] _before;

    private ProcessorPin(byte[] before) => _before = before;

    /// <summary>Pins the calling thread, or does nothing when no processor is named.</summary>
    public static ProcessorPin? Hold(int? processor)
    {
        if (processor is not { } number)
            return null;
        byte[] before = new byte[SetBytes], only = new byte[SetBytes];
        only[number / 8] = (byte)(1 << (number % 8));
        fixed (byte* set = before)
            Check(GetAffinity(0, SetBytes, set), "sched_getaffinity");
        Apply(only);
        return new ProcessorPin(before);
    }

    /// <inheritdoc/>
    public void Dispose() => Apply(_before);

    private static void Apply(byte[] processors)
    {
        fixed (byte* set = processors)
            Check(SetAffinity(0, SetBytes, set), "sched_setaffinity");
    }

    private static void Check(int result, string call)
    {
        if (result < 0)
            throw new CannotMeasureException($"{call} failed: {((Errno)Marshal.GetLastSystemError()).Name()}.");
    }

    [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
    private static partial int SetAffinity(int thread, nuint size, byte* set);

    [LibraryImport("libc", EntryPoint = "sched_getaffinity")]
    private static partial int GetAffinity(int thread, nuint size, byte* set);
}
