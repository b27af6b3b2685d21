using System.Runtime.InteropServices;

namespace Scatterlist.HostFd.Interop;

internal static unsafe partial class LibC
{
    [LibraryImport("libc", EntryPoint = "pread")]
    internal static partial nint PRead(int fd, void* buffer, nuint length, long offset);

    [LibraryImport("libc", EntryPoint = "pwrite")]
    internal static partial nint PWrite(int fd, void* buffer, nuint length, long offset);

    [LibraryImport("libc", EntryPoint = "preadv2")]
    internal static partial nint PReadV2(int fd, Block* blocks, int count, long offset, int flags);

    [LibraryImport("libc", EntryPoint = "pwritev2")]
    internal static partial nint PWriteV2(int fd, Block* blocks, int count, long offset, int flags);

    [LibraryImport("libc", EntryPoint = "process_vm_readv")]
    internal static partial nint ProcessVmReadV(
        int pid, Block* local, nuint localCount, Block* remote, nuint remoteCount, nuint flags);

    [LibraryImport("libc", EntryPoint = "process_vm_writev")]
    internal static partial nint ProcessVmWriteV(
        int pid, Block* local, nuint localCount, Block* remote, nuint remoteCount, nuint flags);

    [LibraryImport("libc", EntryPoint = "memfd_create")]
    internal static partial int MemFdCreate(byte* name, uint flags);

    [LibraryImport("libc", EntryPoint = "ftruncate")]
    internal static partial int FTruncate(int fd, long length);

    [LibraryImport("libc", EntryPoint = "lseek")]
    internal static partial long LSeek(int fd, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "pipe2")]
    internal static partial int Pipe2(int* pair, int flags);
}
