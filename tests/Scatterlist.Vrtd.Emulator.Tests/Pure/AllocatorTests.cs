namespace Scatterlist.Vrtd.Emulator.Tests.Pure;

public sealed class AllocatorTests
{
    private const ulong MiB = 1UL << 20;
    private const ulong Granule = 64 * MiB;
    private const ulong Region = 512 * MiB;
    private const ulong Me = 1;
    private const ulong You = 2;

    private readonly SubregionMap _map = new();

    [Fact]
    public void A_fresh_map_owns_nothing()
    {
        Assert.Equal(0UL, _map.AllocatedBytes);
        for (ulong granule = 0; granule < 512; granule++)
        {
            Assert.Equal(0UL, _map.OwnerOf(SubregionMap.HbmBase + (granule * Granule)));
            Assert.Equal(0UL, _map.OwnerOf(SubregionMap.DdrBase + (granule * Granule)));
        }
    }

    [Theory]
    [InlineData(BufferAllocType.Ddr)]
    [InlineData(BufferAllocType.Hbm)]
    [InlineData(BufferAllocType.HbmVnoc)]
    public void Size_zero_is_refused(BufferAllocType type) =>
        Assert.Equal(VrtdReturnCode.InvalidArgument, Allocate(type, 0, out _, out _));

    [Fact]
    public void Nobody_cannot_own_memory() => Assert.Equal(
        VrtdReturnCode.InvalidArgument, _map.Allocate(0, BufferAllocType.Ddr, 0, 1, out _, out _));

    [Fact]
    public void An_unknown_type_is_refused() =>
        Assert.Equal(VrtdReturnCode.InvalidArgument, Allocate((BufferAllocType)3, 1, out _, out _));

    [Theory]
    [InlineData(1, 64)]
    [InlineData(64 << 20, 64)]
    [InlineData((64 << 20) + 1, 128)]
    [InlineData(65 << 20, 128)]
    [InlineData(512 << 20, 512)]
    public void Sizes_round_up_to_granules(long size, int allocatedMiB)
    {
        Assert.Equal(VrtdReturnCode.Ok, Allocate(BufferAllocType.Ddr, (ulong)size, out ulong address, out ulong got));
        Assert.Equal(SubregionMap.DdrBase, address);
        Assert.Equal((ulong)allocatedMiB * MiB, got);
        Assert.Equal(got, _map.AllocatedBytes);
    }

    [Fact]
    public void More_than_a_region_is_refused() =>
        Assert.Equal(VrtdReturnCode.InvalidArgument, Allocate(BufferAllocType.Ddr, Region + 1, out _, out _));

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(ulong.MaxValue - (64UL << 20) + 2)]
    public void Sizes_that_wrap_are_busy_as_in_the_daemon(ulong size) =>
        Assert.Equal(VrtdReturnCode.Busy, Allocate(BufferAllocType.Ddr, size, out _, out _));

    [Fact]
    public void The_largest_size_that_does_not_wrap_is_refused() => Assert.Equal(
        VrtdReturnCode.InvalidArgument,
        Allocate(BufferAllocType.Ddr, ulong.MaxValue - Granule + 1, out _, out _));

    [Fact]
    public void The_second_allocation_follows_the_first()
    {
        Assert.Equal(SubregionMap.DdrBase, Take(BufferAllocType.Ddr, 1));
        Assert.Equal(SubregionMap.DdrBase + Granule, Take(BufferAllocType.Ddr, 1));
    }

    [Fact]
    public void What_does_not_fit_the_region_spills_into_the_next()
    {
        Take(BufferAllocType.Ddr, 7 * Granule);
        Assert.Equal(SubregionMap.DdrBase + Region, Take(BufferAllocType.Ddr, 2 * Granule));
        Assert.Equal(SubregionMap.DdrBase + (7 * Granule), Take(BufferAllocType.Ddr, Granule));
    }

    [Fact]
    public void All_of_ddr_can_be_taken_and_no_more()
    {
        for (ulong i = 0; i < 512; i++)
            Assert.Equal(SubregionMap.DdrBase + (i * Granule), Take(BufferAllocType.Ddr, 1));
        Assert.Equal(VrtdReturnCode.Busy, Allocate(BufferAllocType.Ddr, 1, out _, out _));
        Assert.Equal(SubregionMap.HbmBase, Take(BufferAllocType.HbmVnoc, 1));
    }

    [Fact]
    public void An_hbm_argument_pins_the_region()
    {
        Assert.Equal(0x40_A000_0000UL, Take(BufferAllocType.Hbm, 1, argument: 5));
        Assert.Equal(VrtdReturnCode.InvalidArgument, Allocate(BufferAllocType.Hbm, 1, out _, out _, argument: 64));
        Assert.Equal(SubregionMap.HbmBase + (63 * Region), Take(BufferAllocType.Hbm, Region, argument: 63));
    }

    [Fact]
    public void A_full_pinned_region_is_busy_although_its_neighbours_are_free()
    {
        Take(BufferAllocType.Hbm, Region, argument: 7);
        Assert.Equal(VrtdReturnCode.Busy, Allocate(BufferAllocType.Hbm, 1, out _, out _, argument: 7));
        Take(BufferAllocType.Hbm, 1, argument: 8);
    }

    [Fact]
    public void Vnoc_scans_all_regions_and_shares_them_with_pinned_hbm()
    {
        Assert.Equal(SubregionMap.HbmBase, Take(BufferAllocType.HbmVnoc, 2 * Granule, argument: 0x63));
        Take(BufferAllocType.Hbm, 6 * Granule, argument: 0);
        Assert.Equal(SubregionMap.HbmBase + Region, Take(BufferAllocType.HbmVnoc, 1));
    }

    [Fact]
    public void Ddr_ignores_the_argument() =>
        Assert.Equal(SubregionMap.DdrBase, Take(BufferAllocType.Ddr, 1, argument: 12345));

    [Fact]
    public void Freed_memory_is_the_first_to_be_used_again()
    {
        Take(BufferAllocType.Ddr, 1);
        ulong second = Take(BufferAllocType.Ddr, 1);
        Take(BufferAllocType.Ddr, 1);
        Assert.Equal(VrtdReturnCode.Ok, _map.Free(Me, second, Granule));
        Assert.Equal(second, Take(BufferAllocType.Ddr, 1));
    }

    [Fact]
    public void A_run_starts_behind_a_hole_that_is_too_small()
    {
        Take(BufferAllocType.Ddr, Granule);
        ulong hole = Take(BufferAllocType.Ddr, Granule);
        Take(BufferAllocType.Ddr, Granule);
        _map.Free(Me, hole, Granule);
        Assert.Equal(SubregionMap.DdrBase + (3 * Granule), Take(BufferAllocType.Ddr, 2 * Granule));
        Assert.Equal(hole, Take(BufferAllocType.Ddr, Granule));
    }

    [Fact]
    public void Another_owner_cannot_free_and_nothing_is_freed_halfway()
    {
        ulong mine = Take(BufferAllocType.Ddr, Granule);
        Assert.Equal(VrtdReturnCode.Ok, _map.Allocate(You, BufferAllocType.Ddr, 0, Granule, out _, out _));
        Assert.Equal(VrtdReturnCode.AuthError, _map.Free(You, mine, Granule));
        Assert.Equal(VrtdReturnCode.AuthError, _map.Free(Me, mine, 2 * Granule));
        Assert.Equal(Me, _map.OwnerOf(mine));
        Assert.Equal(You, _map.OwnerOf(mine + Granule));
    }

    [Theory]
    [InlineData(0x600_0000_0001, 64)] // unaligned
    [InlineData(0x600_0000_0000, 0)] // nothing
    [InlineData(0x600_0000_0000, 1024)] // more than a region
    [InlineData(0x608_0000_0000, 64)] // past DDR
    [InlineData(0x48_0000_0000, 64)] // past HBM
    [InlineData(0x3F_FC00_0000, 64)] // before HBM
    [InlineData(0x600_1C00_0000, 128)] // across two regions
    public void A_range_that_was_never_given_out_cannot_be_freed(ulong address, ulong sizeMiB)
    {
        Take(BufferAllocType.Ddr, Region);
        Take(BufferAllocType.Ddr, Region);
        Assert.Equal(VrtdReturnCode.InvalidArgument, _map.Free(Me, address, sizeMiB * MiB));
        Assert.Equal(2 * Region, _map.AllocatedBytes);
    }

    [Fact]
    public void Nobody_cannot_free() =>
        Assert.Equal(VrtdReturnCode.InvalidArgument, _map.Free(0, SubregionMap.DdrBase, Granule));

    [Fact]
    public void Hbm_is_freed_like_ddr()
    {
        ulong address = Take(BufferAllocType.Hbm, Region, argument: 9);
        Assert.Equal(VrtdReturnCode.Ok, _map.Free(Me, address, Region));
        Assert.Equal(0UL, _map.AllocatedBytes);
        Assert.Equal(address, Take(BufferAllocType.Hbm, Region, argument: 9));
    }

    [Fact]
    public void Any_sequence_agrees_with_a_naive_model()
    {
        var random = new Random(20_260_801);
        var naive = new ulong[1024];
        var live = new List<(ulong Owner, int Start, int Count)>();
        for (int step = 0; step < 20_000; step++)
        {
            if (live.Count > 0 && random.Next(2) == 0)
            {
                int victim = random.Next(live.Count);
                (ulong owner, int start, int count) = live[victim];
                live.RemoveAt(victim);
                Assert.Equal(VrtdReturnCode.Ok, _map.Free(owner, AddressOf(start), (ulong)count * Granule));
                Array.Clear(naive, start, count);
                continue;
            }

            ulong who = (ulong)random.Next(1, 4);
            int granules = random.Next(1, 9);
            bool isDdr = random.Next(2) == 0;
            int expected = FirstFit(naive.AsSpan(isDdr ? 512 : 0, 512), granules);
            VrtdReturnCode code = _map.Allocate(
                who,
                isDdr ? BufferAllocType.Ddr : BufferAllocType.HbmVnoc,
                0,
                ((ulong)granules * Granule) - (ulong)random.Next(1 << 20),
                out ulong address,
                out _);
            if (expected < 0)
            {
                Assert.Equal(VrtdReturnCode.Busy, code);
                continue;
            }

            int index = expected + (isDdr ? 512 : 0);
            Assert.Equal(AddressOf(index), address);
            naive.AsSpan(index, granules).Fill(who);
            live.Add((who, index, granules));
        }
    }

    private static ulong AddressOf(int index) => index >= 512
        ? SubregionMap.DdrBase + ((ulong)(index - 512) * Granule)
        : SubregionMap.HbmBase + ((ulong)index * Granule);

    private static int FirstFit(ReadOnlySpan<ulong> owners, int granules)
    {
        for (int start = 0; start < owners.Length; start++)
        {
            bool sameRegion = start / 8 == (start + granules - 1) / 8;
            if (sameRegion && !owners.Slice(start, granules).ContainsAnyExcept(0UL))
                return start;
        }

        return -1;
    }

    private VrtdReturnCode Allocate(
        BufferAllocType type, ulong size, out ulong address, out ulong allocated, ulong argument = 0) =>
        _map.Allocate(Me, type, argument, size, out address, out allocated);

    private ulong Take(BufferAllocType type, ulong size, ulong argument = 0)
    {
        Assert.Equal(VrtdReturnCode.Ok, Allocate(type, size, out ulong address, out _, argument));
        return address;
    }
}
