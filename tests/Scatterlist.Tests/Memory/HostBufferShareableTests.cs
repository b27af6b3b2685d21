using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Scatterlist.Testing;

namespace Scatterlist.Tests.Memory;

public sealed class HostBufferShareableTests
{
    private static readonly nuint GiB = 1 << 30;

    private const string Peer = """
        #define _GNU_SOURCE
        #include <errno.h>
        #include <fcntl.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/mman.h>
        #include <unistd.h>
        int main(int argc, char **argv) {
            int fd = open(argv[1], O_RDWR);
            size_t length = strtoull(argv[2], 0, 10);
            if (fd < 0) { perror("open"); return 1; }
            unsigned char *p = mmap(0, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
            if (p == MAP_FAILED) { perror("mmap"); return 1; }
            printf("%d ", p[length - 1]);
            p[0] = 0xab;
            printf("%d ", ftruncate(fd, 0) == 0 ? 0 : errno);
            printf("%d ", ftruncate(fd, length * 2) == 0 ? 0 : errno);
            printf("%d", fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) == 0 ? 0 : errno);
            return 0;
        }
        """;

    [Fact]
    public void Another_process_maps_the_same_bytes_and_cannot_resize_them()
    {
        using HostBuffer buffer = HostBuffer.Allocate(8192, new() { IsShareable = true });
        buffer.AsSpan()[8191] = 77;
        string path = string.Create(
            CultureInfo.InvariantCulture, $"/proc/{Environment.ProcessId}/fd/{buffer.Descriptor!.Value}");
        string said = CProgram.Compile(Peer).RunChecked(path, "8192");
        Assert.Equal($"77 {(int)Errno.EPERM} {(int)Errno.EPERM} {(int)Errno.EPERM}", said);
        Assert.Equal(0xab, buffer.AsSpan()[0]);
    }

    [Fact]
    public void The_descriptor_reads_and_writes_the_bytes_of_the_buffer()
    {
        using HostBuffer buffer = HostBuffer.Allocate(5000, new() { IsShareable = true, Name = "descriptor-test" });
        using SafeFileHandle file = buffer.Descriptor!.ToSafeFileHandle();
        Assert.Equal((long)buffer.AllocatedLength, RandomAccess.GetLength(file));
        Assert.Contains("memfd:descriptor-test", Libc.TargetOf(buffer.Descriptor.Value), StringComparison.Ordinal);
        RandomAccess.Write(file, new byte[] { 1, 2, 3 }, 4000);
        Assert.Equal(new byte[] { 0, 1, 2, 3, 0 }, buffer.AsSpan(3999, 5).ToArray());
        buffer.AsSpan()[10] = 9;
        var one = new byte[1];
        RandomAccess.Read(file, one, 10);
        Assert.Equal(9, one[0]);
    }

    [Fact]
    public void The_memfd_is_sealed_against_resizing_and_closed_on_exec()
    {
        using HostBuffer buffer = HostBuffer.Allocate(1, new() { IsShareable = true });
        int fd = buffer.Descriptor!.Value;
        Assert.Equal(1 | 2 | 4, Libc.FCntl(fd, Libc.FGetSeals, 0)); // F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW
        Assert.Equal(1, Libc.FCntl(fd, Libc.FGetFd, 0)); // FD_CLOEXEC
        Assert.Equal(-1, Libc.FTruncate(fd, 0));
    }

    [Fact]
    public void A_name_that_the_kernel_refuses_is_reported_with_the_call()
    {
        var e = Assert.Throws<ScatterlistException>(
            () => HostBuffer.Allocate(1, new() { IsShareable = true, Name = new string('n', 250) }));
        Assert.Equal(Errno.EINVAL, e.Errno);
        Assert.StartsWith("memfd_create(\"nnn", e.Operation, StringComparison.Ordinal);
        using HostBuffer longest = HostBuffer.Allocate(1, new() { IsShareable = true, Name = new string('n', 249) });
        Assert.NotNull(longest.Descriptor);
    }

    [Fact]
    public void Six_sparse_GiB_are_reached_by_views_blocks_and_windows()
    {
        using HostBuffer buffer = HostBuffer.Allocate(6 * GiB, new() { IsShareable = true });
        using BufferLease lease = buffer.Lease();
        Assert.Equal(6ul << 30, lease.Sequence.Length);

        nuint[] offsets = [0, (2 * GiB) - 1, 4 * GiB, (5 * GiB) + 123, (6 * GiB) - 1];
        foreach (nuint offset in offsets)
            buffer.AsSpan(offset, 1)[0] = (byte)(1 + (offset % 251));
        foreach (nuint offset in offsets)
        {
            byte expected = (byte)(1 + (offset % 251));
            Assert.Equal(expected, buffer.GetMemory(offset, 1).Span[0]);
            Assert.Equal(expected, lease.Block.Slice(offset, 1).AsSpan()[0]);
            Assert.Equal(expected, lease.Sequence.DropFirst(offset).TakeFirst(1).Head.AsSpan()[0]);
        }

        Assert.Equal(int.MaxValue, buffer.AsSpan(GiB, int.MaxValue).Length);
        Assert.Equal(int.MaxValue, buffer.GetMemory((4 * GiB) + 1, int.MaxValue).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.GetMemory((4 * GiB) + 2, int.MaxValue));
        Assert.Throws<InvalidOperationException>(() => buffer.AsSpan().Length);
        Assert.Throws<InvalidOperationException>(() => buffer.Memory);
    }

    [Fact]
    public void A_window_past_4_GiB_walks_many_blocks_without_touching_them()
    {
        using HostBuffer buffer = HostBuffer.Allocate(6 * GiB, new() { IsShareable = true });
        using BufferLease lease = buffer.Lease();
        Block[] blocks = [lease.Block, lease.Block, lease.Block];
        BlockSequence window = new BlockSequence(blocks).Slice(11ul << 30, 2ul << 30);
        Assert.Equal(2, window.BlockCount);
        Assert.Equal(lease.Block.Slice(5 * GiB, GiB), window.Head);
        Assert.Equal(lease.Block.TakeFirst(GiB), window.Tail.Head);
    }
}
