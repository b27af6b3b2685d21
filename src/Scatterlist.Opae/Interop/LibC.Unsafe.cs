using System.Runtime.InteropServices;

namespace Scatterlist.Opae.Interop;

/// <summary>What the diagnosis asks the C library.</summary>
internal static unsafe partial class LibC
{
    internal const int ReadOk = 4;
    internal const int WriteOk = 2;

    [LibraryImport("libc", EntryPoint = "access", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Access(string path, int mode);
}
