using System.Globalization;

namespace Scatterlist.Tests.Memory;

public sealed class HostBufferPagesTests
{
    private const nuint MiB = 1 << 20;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Huge_pages_that_are_not_there_fail_with_the_command_that_reserves_them(bool shareable)
    {
        // More than any machine has in its pool.
        var e = Assert.Throws<ScatterlistException>(() => HostBuffer.Allocate(
            (nuint)1 << 43, new() { PageSize = PageSize.Huge2MiB, IsShareable = shareable }));
        Assert.NotEqual(Errno.None, e.Errno);
        Assert.Contains("2 MiB pages", e.Operation + e.Message, StringComparison.Ordinal);
        Assert.Contains(
            "echo 4194304 | sudo tee -a /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", e.Remedy,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(PageSize.Huge2MiB, false)]
    [InlineData(PageSize.Huge2MiB, true)]
    [InlineData(PageSize.Huge1GiB, false)]
    [InlineData(PageSize.Huge1GiB, true)]
    public void With_the_fall_back_the_buffer_works_and_says_what_pages_it_has(PageSize size, bool shareable)
    {
        using HostBuffer buffer = HostBuffer.Allocate(
            (3 * MiB) + 1, new() { PageSize = size, Fallback = PageFallback.Smaller, IsShareable = shareable });
        Assert.Contains(buffer.PageSize, new[] { HostBuffer.BasePageSize, 2 * MiB, 1024 * MiB });
        Assert.Equal((3 * MiB) + 1, buffer.Length);
        Assert.Equal((nuint)0, buffer.AllocatedLength % buffer.PageSize);
        Assert.Equal((nuint)0, (nuint)buffer.Address % buffer.PageSize);
        buffer.AsSpan().Fill(0x5a);
        Assert.Equal(-1, buffer.AsSpan().IndexOfAnyExcept((byte)0x5a));
        if (FreeHugePages(2048) < 2 && FreeHugePages(1 << 20) == 0)
            Assert.Equal(HostBuffer.BasePageSize, buffer.PageSize);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Reserved_huge_pages_are_used(bool shareable)
    {
        Assert.SkipWhen(
            FreeHugePages(2048) < 4,
            "no 2 MiB pages are reserved: echo 8 | sudo tee -a /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages");
        using HostBuffer buffer = HostBuffer.Allocate(
            1, new() { PageSize = PageSize.Huge2MiB, IsShareable = shareable });
        Assert.Equal(2 * MiB, buffer.PageSize);
        Assert.Equal(2 * MiB, buffer.AllocatedLength);
        Assert.Equal((nuint)0, (nuint)buffer.Address % (2 * MiB));
        buffer.AsSpan().Fill(1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Pages_are_committed_when_touched_or_at_once_when_asked(bool shareable)
    {
        nuint length = 64 * HostBuffer.BasePageSize;
        using (HostBuffer lazy = HostBuffer.Allocate(length, new() { IsShareable = shareable }))
        {
            Assert.Equal(0, Libc.CountResidentPages(lazy.Address, length));
            lazy.AsSpan()[(int)HostBuffer.BasePageSize * 5] = 1;
            Assert.InRange(Libc.CountResidentPages(lazy.Address, length), 1, 63);
        }

        using HostBuffer populated = HostBuffer.Allocate(length, new() { IsShareable = shareable, IsPopulated = true });
        Assert.Equal(64, Libc.CountResidentPages(populated.Address, length));
        Assert.Equal(-1, populated.AsSpan().IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void Locked_pages_are_locked_within_the_limit_and_refused_beyond_it_with_the_remedy()
    {
        Exception? failure = null;
        ulong lockedKiB = 0;

        // Capabilities are a thread's own, so the privilege to lock without limit is dropped on one that ends.
        var thread = new Thread(() =>
        {
            try
            {
                Libc.DropIpcLock();
                WithLockLimit(1 << 20, () =>
                {
                    using (HostBuffer.Allocate(256 * 1024, new() { IsLocked = true }))
                        lockedKiB = LockedKiB();
                    failure = Assert.Throws<ScatterlistException>(
                        () => HostBuffer.Allocate(8 * MiB, new() { IsLocked = true }));
                });
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();

        var refusal = Assert.IsType<ScatterlistException>(failure);
        Assert.True(refusal.Errno is Errno.ENOMEM or Errno.EPERM or Errno.EAGAIN, refusal.Message);
        Assert.StartsWith("mlock(8388608 bytes)", refusal.Operation, StringComparison.Ordinal);
        Assert.Contains("ulimit -l", refusal.Remedy, StringComparison.Ordinal);
        Assert.Contains("8192 KiB", refusal.Remedy, StringComparison.Ordinal);
        Assert.True(lockedKiB >= 256, $"{lockedKiB} KiB are locked.");
    }

    private static unsafe void WithLockLimit(ulong bytes, Action action)
    {
        const int MemLock = 8;
        ulong* limits = stackalloc ulong[2];
        Assert.Equal(0, Libc.GetRLimit(MemLock, limits));
        ulong soft = limits[0];
        limits[0] = Math.Min(bytes, limits[1]);
        Assert.Equal(0, Libc.SetRLimit(MemLock, limits));
        try
        {
            action();
        }
        finally
        {
            limits[0] = soft;
            _ = Libc.SetRLimit(MemLock, limits);
        }
    }

    private static ulong LockedKiB()
    {
        string line = File.ReadLines("/proc/self/status").Single(l => l.StartsWith("VmLck:", StringComparison.Ordinal));
        return ulong.Parse(line.AsSpan(6, line.Length - 8).Trim(), NumberStyles.None, CultureInfo.InvariantCulture);
    }

    private static int FreeHugePages(int kiB)
    {
        string path = $"/sys/kernel/mm/hugepages/hugepages-{kiB}kB/free_hugepages";
        return File.Exists(path) ? int.Parse(File.ReadAllText(path), CultureInfo.InvariantCulture) : 0;
    }
}
