namespace Scatterlist.Vfio.Tests.Dma;

public sealed class DmaTableTests
{
    private const int Page = 16;
    private const int Pages = 64;

    /// <summary>The model is an array of pages, each with what a device may do there.</summary>
    [Fact]
    public void Ranges_are_reached_as_a_simple_array_says() => SeededRandom.Run(40, random =>
    {
        using HostBuffer memory = HostBuffer.Allocate(Pages * Page);
        var table = new DmaTable();
        var owner = new int[Pages]; // 0 for a hole, else the number of the range
        var access = new DmaAccess[Pages];
        var ranges = new Dictionary<int, (int Start, int Count)>();
        var translation = new DmaTranslation();
        for (int step = 1; step < 300; step++)
        {
            int start = random.Next(Pages);
            int count = random.Next(1, Math.Min(8, Pages - start) + 1);
            int choice = random.Next(8);
            if (choice < 3)
            {
                var allowed = (DmaAccess)random.Next(1, 4);
                bool isFree = !owner.AsSpan(start, count).ContainsAnyExcept(0);
                var entry = new DmaTable.Entry(
                    (ulong)(start * Page), (ulong)(count * Page), allowed,
                    new Block(memory.Address + (start * Page), (nuint)(count * Page)));
                Assert.Equal(isFree ? Errno.None : Errno.EEXIST, table.Map(entry));
                if (!isFree)
                    continue;
                ranges[step] = (start, count);
                Array.Fill(owner, step, start, count);
                Array.Fill(access, allowed, start, count);
            }
            else if (choice < 5)
            {
                bool isOne = owner[start] != 0 && ranges[owner[start]] == (start, count);
                bool isHole = !owner.AsSpan(start, count).ContainsAnyExcept(0);
                Errno errno = table.Unmap((ulong)(start * Page), (ulong)(count * Page));
                Assert.Equal(isOne ? Errno.None : isHole ? Errno.ENOENT : Errno.EINVAL, errno);
                if (!isOne)
                    continue;
                ranges.Remove(owner[start]);
                Array.Clear(owner, start, count);
            }
            else
            {
                int first = (start * Page) + random.Next(Page);
                int length = random.Next(1, (Pages * Page) - first + 1);
                var wanted = (DmaAccess)random.Next(1, 4);
                bool isReachable = true;
                for (int page = first / Page; page <= (first + length - 1) / Page; page++)
                    isReachable &= owner[page] != 0 && (access[page] & wanted) == wanted;
                Errno errno = table.Translate(new IoAddress((ulong)first), (ulong)length, wanted, translation);
                Assert.Equal(isReachable ? Errno.None : Errno.EFAULT, errno);
                nint at = memory.Address + first;
                foreach (Block block in translation.Blocks)
                {
                    Assert.Equal(at, block.Address);
                    at += (nint)block.Length;
                }

                Assert.Equal(memory.Address + first + (isReachable ? length : 0), at);
                translation.Release();
            }

            Assert.Equal(ranges.Count, table.Count);
            Assert.Equal(
                ranges.Values.OrderBy(range => range.Start).Select(range => (ulong)(range.Start * Page)),
                table.GetRanges().Select(range => range.Address.Value));
        }
    });

    [Fact]
    public void Taking_a_range_away_waits_for_those_who_use_it()
    {
        using HostBuffer memory = HostBuffer.Allocate(4096);
        var table = new DmaTable();
        Assert.Equal(Errno.None, table.Map(Entry(memory, 0x1000)));
        using var translation = new DmaTranslation();
        Assert.Equal(Errno.None, table.Translate(new IoAddress(0x1800), 16, DmaAccess.Read, translation));
        Task<Errno> unmap = Task.Run(() => table.Unmap(0x1000, 4096));
        Eventually.True(() => table.Count == 0, "The range is not taken out.");
        Assert.Equal(Errno.EFAULT, table.Read(new IoAddress(0x1800), new byte[1]));
        Assert.False(unmap.Wait(50));
        translation.Release();
        Assert.Equal(Errno.None, unmap.GetAwaiter().GetResult());
    }

    [Fact]
    public void Another_use_of_a_translation_lets_the_first_go()
    {
        using HostBuffer memory = HostBuffer.Allocate(4096);
        var table = new DmaTable();
        Assert.Equal(Errno.None, table.Map(Entry(memory, 0x1000)));
        using var translation = new DmaTranslation();
        Assert.Equal(Errno.None, table.Translate(new IoAddress(0x1000), 16, DmaAccess.Read, translation));
        Assert.Equal(Errno.EFAULT, table.Translate(new IoAddress(0x5000), 16, DmaAccess.Read, translation));
        Assert.Equal(0, translation.Blocks.Length);
        Assert.Equal(Errno.None, table.Unmap(0x1000, 4096));
    }

    [Theory]
    [InlineData(0ul, 0ul, Errno.None)]
    [InlineData(ulong.MaxValue, 0ul, Errno.None)]
    [InlineData(ulong.MaxValue, 1ul, Errno.EFAULT)]
    [InlineData(ulong.MaxValue, 2ul, Errno.EINVAL)]
    [InlineData(0x1000ul, ulong.MaxValue, Errno.EINVAL)]
    [InlineData(0x1000ul, 4097ul, Errno.EFAULT)]
    [InlineData(0xffful, 2ul, Errno.EFAULT)]
    [InlineData(0x1ffful, 1ul, Errno.None)]
    public void The_ends_of_the_address_space_are_no_trap(ulong address, ulong length, Errno expected)
    {
        using HostBuffer memory = HostBuffer.Allocate(4096);
        var table = new DmaTable();
        Assert.Equal(Errno.None, table.Map(Entry(memory, 0x1000)));
        Assert.Equal(expected, table.Check(new IoAddress(address), length, DmaAccess.Read));
        Assert.Equal(Errno.EINVAL, table.CanMap(ulong.MaxValue - 4094, 4096));
        Assert.Equal(Errno.EINVAL, table.CanMap(0, 0));
        Assert.Equal(Errno.None, table.CanMap(ulong.MaxValue - 4095, 4096));
    }

    [Fact]
    public void Threads_that_map_copy_and_unmap_never_meet_freed_memory()
    {
        var table = new DmaTable();
        using HostBuffer fixedMemory = HostBuffer.Allocate(4096);
        Assert.Equal(Errno.None, table.Map(Entry(fixedMemory, 0x100000)));
        bool stop = false;
        Task<int> device = Task.Run(() =>
        {
            int faults = 0;
            while (!Volatile.Read(ref stop))
            {
                // Memory that was unmapped from the process too: a copy that did not hold it would end the test run.
                Errno errno = table.Copy(new IoAddress(0x100000), new IoAddress(0x1000), 4096);
                Assert.True(errno is Errno.None or Errno.EFAULT);
                faults += errno == Errno.EFAULT ? 1 : 0;
            }

            return faults;
        });
        for (int i = 0; i < 2000; i++)
        {
            using HostBuffer memory = HostBuffer.Allocate(4096);
            Assert.Equal(Errno.None, table.Map(Entry(memory, 0x1000)));
            if (i % 3 == 0)
                Thread.Yield();
            Assert.Equal(Errno.None, table.Unmap(0x1000, 4096));
        }

        Volatile.Write(ref stop, true);
        device.GetAwaiter().GetResult();
    }

    private static DmaTable.Entry Entry(HostBuffer memory, ulong address) =>
        new(address, memory.AllocatedLength, DmaAccess.ReadWrite, new Block(memory.Address, memory.AllocatedLength));
}
