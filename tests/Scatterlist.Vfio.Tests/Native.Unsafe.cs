using System.Runtime.InteropServices;

namespace Scatterlist.Vfio.Tests;

/// <summary>Event descriptors and files without seals, for tests.</summary>
internal static unsafe partial class Native
{
    internal static FileDescriptor EventFd() => FileDescriptor.FromOwned(EventFd(0, 0x80000 | 0x800));

    /// <summary>The counter, which starts again; 0 when nothing was signalled.</summary>
    internal static ulong TakeEvents(FileDescriptor descriptor)
    {
        ulong value = 0;
        return Read(descriptor.Value, &value, 8) == 8 ? value : 0;
    }

    internal static void AddEvents(FileDescriptor descriptor, ulong count) =>
        Assert.Equal(8, Write(descriptor.Value, &count, 8));

    internal static FileDescriptor MemFd(long length)
    {
        fixed (byte* name = "unsealed\0"u8)
        {
            FileDescriptor memory = FileDescriptor.FromOwned(MemFdCreate(name, 1));
            Assert.Equal(0, FTruncate(memory.Value, length));
            return memory;
        }
    }

    internal static void Truncate(FileDescriptor descriptor, long length) =>
        Assert.Equal(0, FTruncate(descriptor.Value, length));

    [LibraryImport("libc", EntryPoint = "eventfd")]
    private static partial int EventFd(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "read")]
    private static partial nint Read(int fd, void* buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint Write(int fd, void* buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "memfd_create")]
    private static partial int MemFdCreate(byte* name, uint flags);

    [LibraryImport("libc", EntryPoint = "ftruncate")]
    private static partial int FTruncate(int fd, long length);
}
