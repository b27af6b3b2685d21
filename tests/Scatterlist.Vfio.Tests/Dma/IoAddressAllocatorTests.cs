namespace Scatterlist.Vfio.Tests.Dma;

public sealed class IoAddressAllocatorTests
{
    private const ulong Page = 4096;
    private const ulong Middle = 16 * Page;
    private const ulong Large = 128 * Page;

    [Fact]
    public void Address_zero_is_never_given_out()
    {
        var addresses = new IoAddressAllocator([Range(0, 0xffff)]);
        Assert.Equal(Errno.None, addresses.TryAllocate(Page, null, out IoAddress first));
        Assert.Equal(new IoAddress(Page), first);
        Assert.Equal(Errno.EINVAL, addresses.TryReserve(new IoAddress(0), Page));
    }

    [Fact]
    public void The_lowest_addresses_come_first_and_come_again()
    {
        var addresses = new IoAddressAllocator([Range(Page, (100 * Page) - 1)]);
        IoAddress[] given = [.. Enumerable.Range(0, 10).Select(_ => Allocate(addresses, Page))];
        Assert.Equal(Enumerable.Range(1, 10).Select(i => new IoAddress((ulong)i * Page)), given);
        Assert.True(addresses.Free(given[3]));
        Assert.Equal(given[3], Allocate(addresses, Page));
    }

    [Fact]
    public void A_piece_comes_back_once()
    {
        var addresses = new IoAddressAllocator([Range(Page, (4 * Page) - 1)]);
        IoAddress given = Allocate(addresses, 2 * Page);
        Assert.False(addresses.Free(given + Page));
        Assert.True(addresses.Free(given));
        Assert.False(addresses.Free(given));
        Assert.Equal(0, addresses.Count);
    }

    [Fact]
    public void Holes_are_honoured()
    {
        var addresses = new IoAddressAllocator([Range(0x1000, 0x3fff), Range(0x8000, 0xffff)]);
        Assert.Equal(new IoAddress(0x8000), Allocate(addresses, 0x4000));
        Assert.Equal(Errno.EINVAL, addresses.TryReserve(new IoAddress(0x3000), 0x2000));
        Assert.Equal(Errno.EEXIST, addresses.TryReserve(new IoAddress(0xb000), 0x2000));
        Assert.Equal(Errno.None, addresses.TryReserve(new IoAddress(0x3000), 0x1000));
    }

    [Fact]
    public void A_narrow_device_gets_addresses_that_it_can_put_on_the_bus_or_none()
    {
        var addresses = new IoAddressAllocator([Range(0x1000, 0x2fff), Range(0x1_0000_0000, 0x1_ffff_ffff)]);
        var highest = new IoAddress(uint.MaxValue);
        Assert.Equal(Errno.None, addresses.TryAllocate(0x2000, highest, out IoAddress address));
        Assert.Equal(new IoAddress(0x1000), address);
        Assert.Equal(Errno.ENOSPC, addresses.TryAllocate(0x1000, highest, out _));
        Assert.Equal(Errno.None, addresses.TryAllocate(0x1000, null, out _));
    }

    [Fact]
    public void Big_pieces_are_aligned_where_there_is_room_and_given_out_unaligned_where_not()
    {
        var roomy = new IoAddressAllocator([Range(0, (1ul << 39) - 1)]);
        Assert.Equal(new IoAddress(2ul << 20), Allocate(roomy, 2ul << 20));
        Assert.Equal(new IoAddress(1ul << 30), Allocate(roomy, 1ul << 30));
        var tight = new IoAddressAllocator([Range(0x1000, 0x1000 + (2ul << 20) - 1)]);
        Assert.Equal(new IoAddress(0x1000), Allocate(tight, 2ul << 20));
    }

    [Fact]
    public void The_whole_address_space_can_be_managed()
    {
        var addresses = new IoAddressAllocator([Range(0, ulong.MaxValue)]);
        Assert.Equal(Errno.ENOSPC, addresses.TryAllocate(ulong.MaxValue & ~(Page - 1), null, out _));
        Assert.Equal(Errno.None, addresses.TryReserve(new IoAddress(Page), (ulong.MaxValue & ~(Page - 1)) - Page));
        Assert.Equal(Errno.ENOSPC, addresses.TryAllocate(Page, null, out _));
        Assert.True(addresses.Free(new IoAddress(Page)));
        Assert.Equal(Errno.EINVAL, addresses.TryReserve(new IoAddress(2 * Page), ulong.MaxValue & ~(Page - 1)));
    }

    [Theory]
    [InlineData(0ul)]
    [InlineData(1ul)]
    [InlineData(4095ul)]
    [InlineData(ulong.MaxValue)]
    public void Lengths_are_whole_pages(ulong length)
    {
        var addresses = new IoAddressAllocator([Range(0, ulong.MaxValue)]);
        Assert.Equal(Errno.EINVAL, addresses.TryAllocate(length, null, out _));
        Assert.Equal(Errno.EINVAL, addresses.TryReserve(new IoAddress(Page), length));
    }

    [Fact]
    public void Ranges_that_overlap_or_stand_on_their_head_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new IoAddressAllocator([Range(0, 0x1fff), Range(0x1000, 0x2fff)]));
        Assert.Throws<ArgumentException>(() => new IoAddressAllocator([Range(0x2000, 0x1fff)]));
        Assert.Throws<ArgumentException>(() => new IoAddressAllocator([Range(0, 0x1fff)], granule: 3000));
    }

    /// <summary>The model is a map of pages: the right answer is the first place where the pages are free.</summary>
    [Fact]
    public void It_does_what_a_simple_map_of_pages_does() => SeededRandom.Run(60, random =>
    {
        const int Pages = 512;
        int holeStart = random.Next(1, Pages);
        int holeEnd = random.Next(holeStart, Pages);
        var taken = new bool[Pages];
        Array.Fill(taken, true, holeStart, holeEnd - holeStart);
        taken[0] = true;
        var ranges = new List<IoAddressRange> { Range(0, ((ulong)holeStart * Page) - 1) };
        if (holeEnd < Pages)
            ranges.Add(Range((ulong)holeEnd * Page, (Pages * Page) - 1));
        var addresses = new IoAddressAllocator(ranges, Page, Middle, Large);
        var live = new List<(int Start, int Count)>();
        for (int step = 0; step < 400; step++)
        {
            int choice = random.Next(10);
            int count = random.Next(10) == 0 ? random.Next(1, 200) : random.Next(1, 24);
            if (choice < 5)
            {
                int highest = random.Next(4) == 0 ? random.Next(1, Pages) : Pages;
                IoAddress? limit = highest == Pages ? null : new IoAddress(((ulong)highest * Page) - 1);
                int expected = FirstFit(taken, count, highest);
                Errno errno = addresses.TryAllocate((ulong)count * Page, limit, out IoAddress address);
                Assert.Equal(expected < 0 ? Errno.ENOSPC : Errno.None, errno);
                if (expected < 0)
                    continue;
                Assert.Equal(new IoAddress((ulong)expected * Page), address);
                Array.Fill(taken, true, expected, count);
                live.Add((expected, count));
            }
            else if (choice < 7)
            {
                int start = random.Next(Pages - 1);
                bool isFree = start + count <= Pages && !taken.AsSpan(start, count).Contains(true);
                Errno errno = addresses.TryReserve(new IoAddress((ulong)start * Page), (ulong)count * Page);
                Assert.Equal(isFree, errno == Errno.None);
                if (!isFree)
                    continue;
                Array.Fill(taken, true, start, count);
                live.Add((start, count));
            }
            else if (live.Count != 0)
            {
                int index = random.Next(live.Count);
                (int start, int length) = live[index];
                live.RemoveAt(index);
                Assert.True(addresses.Free(new IoAddress((ulong)start * Page)));
                Array.Fill(taken, false, start, length);
            }

            Assert.Equal(Gaps(taken), addresses.GetGaps());
            Assert.Equal(live.Count, addresses.Count);
        }
    });

    [Fact]
    public void Many_threads_never_share_an_address()
    {
        var addresses = new IoAddressAllocator([Range(0, (1ul << 32) - 1)]);
        var owned = new System.Collections.Concurrent.ConcurrentDictionary<ulong, int>();
        Parallel.For(0, 4, thread =>
        {
            var mine = new Queue<IoAddress>();
            for (int i = 0; i < 2000; i++)
            {
                IoAddress address = Allocate(addresses, Page);
                Assert.True(owned.TryAdd(address.Value, thread));
                mine.Enqueue(address);
                if (mine.Count > 50)
                {
                    IoAddress old = mine.Dequeue();
                    Assert.True(owned.TryRemove(old.Value, out _));
                    Assert.True(addresses.Free(old));
                }
            }
        });
    }

    private static int FirstFit(bool[] taken, int count, int highest)
    {
        // As documented: aligned where that fits below the limit, else the next smaller alignment.
        foreach (int alignment in count >= 128 ? [128, 16, 1] : count >= 16 ? new[] { 16, 1 } : [1])
        {
            for (int start = 0; start + count <= taken.Length; start += alignment)
            {
                if (taken.AsSpan(start, count).Contains(true))
                    continue;
                if (start + count <= highest)
                    return start;
                break;
            }
        }

        return -1;
    }

    private static List<(ulong, ulong)> Gaps(bool[] taken)
    {
        var gaps = new List<(ulong, ulong)>();
        for (int i = 0; i < taken.Length; i++)
        {
            if (taken[i])
                continue;
            int start = i;
            while (i < taken.Length && !taken[i])
                i++;
            gaps.Add(((ulong)start * Page, ((ulong)i * Page) - 1));
        }

        return gaps;
    }

    private static IoAddress Allocate(IoAddressAllocator addresses, ulong length)
    {
        Assert.Equal(Errno.None, addresses.TryAllocate(length, null, out IoAddress address));
        return address;
    }

    private static IoAddressRange Range(ulong first, ulong last) => new(new IoAddress(first), new IoAddress(last));
}
