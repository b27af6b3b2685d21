using System.Runtime.InteropServices;
using System.Text;

namespace Scatterlist.Opae.Diagnosis;

/// <summary>What the kernel has logged (klogctl(3)), for those who may read it.</summary>
internal static unsafe partial class KernelLog
{
    private const int ReadAll = 3;
    private const int SizeOfBuffer = 10;
    private const int MaxBytes = 16 << 20;

    /// <summary>All of it; null where it may not be read (kernel.dmesg_restrict).</summary>
    internal static string? Read()
    {
        int size = KLogCtl(SizeOfBuffer, null, 0);
        if (size is <= 0 or > MaxBytes)
            return null;
        byte[] bytes = new byte[size];
        fixed (byte* first = bytes)
        {
            int read = KLogCtl(ReadAll, first, size);
            return read < 0 ? null : Encoding.UTF8.GetString(bytes, 0, read);
        }
    }

    [LibraryImport("libc", EntryPoint = "klogctl")]
    private static partial int KLogCtl(int type, byte* buffer, int length);
}
