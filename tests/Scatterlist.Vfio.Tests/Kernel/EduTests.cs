using System.Globalization;

namespace Scatterlist.Vfio.Tests.Kernel;

/// <summary>A real driver, a real IOMMU as far as QEMU's is one: what the kernel does with what we ask of it.</summary>
[Collection(nameof(Alone))]
[Trait("Runs", "in the guest")]
public sealed class EduTests
{
    private const nuint Page = 4096;
    private const string EntryLimit = "/sys/module/vfio_iommu_type1/parameters/dma_entry_limit";

    public static TheoryData<bool> Ways => [false, true];

    [Theory]
    [MemberData(nameof(Ways))]
    public void The_device_is_described_and_its_registers_work(bool byNode)
    {
        Edu.SkipUnlessThere(byNode);
        using var edu = new Edu(byNode);
        Assert.Equal(0x11e81234u, PciConfig.Read32(edu.Device, 0));
        Assert.True(edu.Device.Info.IsPci);
        Assert.Equal(1ul << 20, edu.Device.Regions[0].Size);
        Assert.True(edu.Device.Regions[0].CanMap(0, 1ul << 20));
        Assert.Equal(0ul, edu.Device.Regions[1].Size);
        Assert.Equal((1, 1), (edu.Device.Interrupts[0].Count, edu.Device.Interrupts[1].Count));
        Assert.Equal(~0x12345678u, edu.Invert(0x12345678));
        var bytes = new byte[4];
        Assert.Equal(Errno.None, edu.Device.ReadRegion(0, 4, bytes));
        Assert.Equal(~0x12345678u, BitConverter.ToUInt32(bytes));
        Assert.Contains(Edu.Address, VfioKernelDevice.GetAddresses());
        Assert.Equal(byNode, edu.Device.IsIommuFd);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void The_device_reads_and_writes_our_memory(bool byNode)
    {
        Edu.SkipUnlessThere(byNode);
        using var edu = new Edu(byNode);
        using HostBuffer memory = HostBuffer.Allocate(2 * Page);
        using DmaMapping mapping = edu.Device.MapDma(DmaMapRequest.For(memory));
        Assert.NotEqual(0ul, mapping.IoAddress.Value);
        new Random(1).NextBytes(memory.AsSpan(0, (int)Page));
        edu.Load(mapping.IoAddress, Edu.MaxTransfer);
        edu.Store(mapping.IoAddress + Page, Edu.MaxTransfer);
        Assert.True(memory.AsSpan(0, Edu.MaxTransfer).SequenceEqual(memory.AsSpan(Page, Edu.MaxTransfer)));
        Assert.Equal(0, memory.AsSpan()[^1]);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void What_is_read_only_or_unmapped_is_not_written(bool byNode)
    {
        Edu.SkipUnlessThere(byNode);
        using var edu = new Edu(byNode);
        using HostBuffer memory = HostBuffer.Allocate(Page);
        memory.AsSpan().Fill(0x21);
        IoAddress address;
        using (DmaMapping readOnly = edu.Device.MapDma(DmaMapRequest.For(memory, DmaAccess.Read)))
        {
            address = readOnly.IoAddress;
            edu.Load(address, 256);
            memory.AsSpan().Fill(0x22);
            edu.Store(address, 256);
            Assert.False(memory.AsSpan().ContainsAnyExcept((byte)0x22));
        }

        using (DmaMapping both = edu.Device.MapDma(
            DmaMapRequest.For(memory) with { IoAddress = new IoAddress(0x1_0000_0000) }))
        {
            edu.Store(both.IoAddress, 256);
            Assert.False(memory.AsSpan(0, 256).ContainsAnyExcept((byte)0x21));
            memory.AsSpan().Fill(0x23);
            address = both.IoAddress;
        }

        edu.Store(address, 256);
        Assert.False(memory.AsSpan().ContainsAnyExcept((byte)0x23));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Address_ranges_leave_the_interrupts_hole_out(bool byNode)
    {
        Edu.SkipUnlessThere(byNode);
        using var edu = new Edu(byNode);
        Assert.NotEmpty(edu.Device.IoAddressRanges);
        Assert.DoesNotContain(edu.Device.IoAddressRanges, range => range.Contains(new IoAddress(0xfee00000), 1));
        using HostBuffer memory = HostBuffer.Allocate(Page);
        VfioException e = Assert.Throws<VfioException>(
            () => edu.Device.MapDma(DmaMapRequest.For(memory) with { IoAddress = new IoAddress(0xfee00000) }));
        Assert.Equal(Errno.EINVAL, e.Errno);
        Assert.NotNull(e.Remedy);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Errors_of_mappings_are_told_truly(bool byNode)
    {
        Edu.SkipUnlessThere(byNode);
        using var edu = new Edu(byNode);
        using HostBuffer memory = HostBuffer.Allocate(Page);
        using GuardedMemory guarded = GuardedMemory.NoAccess(Page);
        using DmaMapping first = edu.Device.MapDma(
            DmaMapRequest.For(memory) with { IoAddress = new IoAddress(0x10000) });
        Errno overlap = Assert.Throws<VfioException>(
            () => edu.Device.MapDma(DmaMapRequest.For(memory) with { IoAddress = new IoAddress(0x10000) })).Errno;
        Assert.Equal(Errno.EEXIST, overlap);
        VfioException fault = Assert.Throws<VfioException>(() => edu.Device.MapDma(
            new DmaMapRequest { Memory = new Block(guarded.FaultAddress, Page), Access = DmaAccess.Read }));
        Assert.Equal(Errno.EFAULT, fault.Errno);
        Assert.NotNull(fault.Remedy);
        // The address that the failed mapping had is free again.
        using DmaMapping second = edu.Device.MapDma(DmaMapRequest.For(memory));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Memory_that_the_device_cannot_have_is_a_fault(bool byNode)
    {
        Edu.SkipUnlessThere(byNode);
        using var edu = new Edu(byNode);
        using GuardedMemory readOnly = GuardedMemory.ReadOnly(Page);
        using GuardedMemory half = GuardedMemory.NoAccess(Page);
        var nothing = new Block(0x100000, Page); // programs lie above it
        (Block Memory, DmaAccess Access)[] refused =
        [
            (nothing, DmaAccess.Read), (half.AcrossEnd(Page, Page), DmaAccess.Read), (readOnly.All, DmaAccess.Write),
            (readOnly.All, DmaAccess.ReadWrite),
        ];
        foreach ((Block memory, DmaAccess access) in refused)
        {
            VfioException fault = Assert.Throws<VfioException>(
                () => edu.Device.MapDma(new DmaMapRequest { Memory = memory, Access = access }));
            Assert.Equal(Errno.EFAULT, fault.Errno);
            Assert.NotNull(fault.Remedy);
        }

        edu.Device.MapDma(new DmaMapRequest { Memory = readOnly.All, Access = DmaAccess.Read }).Dispose();
        using HostBuffer good = HostBuffer.Allocate(2 * Page);
        foreach (DmaMapRequest odd in (DmaMapRequest[])
            [
                DmaMapRequest.For(good) with { Memory = new Block(good.Address + 8, Page) },
                DmaMapRequest.For(good) with { Memory = new Block(good.Address, 100) },
                DmaMapRequest.For(good) with { Memory = default },
                DmaMapRequest.For(good) with { IoAddress = new IoAddress(0x10008) },
                DmaMapRequest.For(good) with { Access = 0 },
            ])
        {
            Assert.Throws<ArgumentException>(() => edu.Device.MapDma(odd));
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Addresses_that_are_taken_or_not_there_are_refused(bool byNode)
    {
        Edu.SkipUnlessThere(byNode);
        using var edu = new Edu(byNode);
        using HostBuffer memory = HostBuffer.Allocate(2 * Page);
        using DmaMapping taken = edu.Device.MapDma(
            DmaMapRequest.For(memory) with { IoAddress = new IoAddress(0x20000) });
        ulong last = edu.Device.IoAddressRanges[^1].Last.Value;
        (ulong Address, Errno Errno)[] refused =
        [
            (0x20000, Errno.EEXIST), (0x21000, Errno.EEXIST), (0x1f000, Errno.EEXIST), (0xfedff000, Errno.EINVAL),
            (last - (Page - 1), Errno.EINVAL), (last + 1, Errno.EINVAL),
        ];
        foreach ((ulong address, Errno errno) in refused)
        {
            VfioException e = Assert.Throws<VfioException>(() => edu.Device.MapDma(
                DmaMapRequest.For(memory) with { IoAddress = new IoAddress(address) }));
            Assert.True(errno == e.Errno, $"0x{address:x}: {e.Errno}");
            Assert.NotNull(e.Remedy);
        }

        Assert.Throws<VfioException>(() => edu.Device.MapDma(
            DmaMapRequest.For(memory) with { IoAddress = new IoAddress(ulong.MaxValue - (Page - 1)) })); // past the end
        edu.Device.MapDma(DmaMapRequest.For(memory) with { IoAddress = new IoAddress(0x22000) }).Dispose();
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void One_kind_of_interrupts_at_a_time_and_no_vector_that_is_not_there(bool byNode)
    {
        Edu.SkipUnlessThere(byNode);
        using var edu = new Edu(byNode);
        using FileDescriptor events = Native.EventFd();
        edu.Device.SetInterrupts(InterruptKind.Intx, 0, [events]);
        VfioException e = Assert.Throws<VfioException>(
            () => edu.Device.SetInterrupts(InterruptKind.Msi, 0, [events]));
        Assert.Equal(Errno.EINVAL, e.Errno);
        edu.Device.DisableInterrupts(InterruptKind.Intx);
        edu.Device.SetInterrupts(InterruptKind.Msi, 0, [events]);
        Assert.Throws<ArgumentOutOfRangeException>(() => edu.Device.SetInterrupts(InterruptKind.Msi, 1, [events]));
        Assert.Throws<ArgumentOutOfRangeException>(() => edu.Device.SetInterrupts(InterruptKind.MsiX, 0, [events]));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_second_open_is_busy_and_the_holder_is_named(bool byNode)
    {
        Edu.SkipUnlessThere(byNode);
        using (var edu = new Edu(byNode))
        {
            VfioException e = Assert.Throws<VfioException>(() => new Edu(byNode).Dispose());
            Assert.Equal(Errno.EBUSY, e.Errno);
            Assert.Contains(
                Environment.ProcessId.ToString(CultureInfo.InvariantCulture), e.Message, StringComparison.Ordinal);
        }

        using var next = new Edu(byNode);
    }

    [Theory]
    [InlineData(false, InterruptKind.Msi)]
    [InlineData(false, InterruptKind.Intx)]
    [InlineData(true, InterruptKind.Msi)]
    [InlineData(true, InterruptKind.Intx)]
    public void Interrupts_reach_their_descriptors(bool byNode, InterruptKind kind)
    {
        Edu.SkipUnlessThere(byNode);
        using var edu = new Edu(byNode);
        using FileDescriptor events = Native.EventFd();
        edu.Device.SetInterrupts(kind, 0, [events]);
        for (int i = 0; i < 3; i++)
        {
            edu.RaiseInterrupt();
            Eventually.True(() => Native.TakeEvents(events) != 0, "No interrupt came.");
            edu.AcknowledgeInterrupt();
            if (kind == InterruptKind.Intx)
                edu.Device.UnmaskInterrupt(kind, 0);
        }

        edu.Device.TriggerInterrupt(kind, 0);
        Assert.Equal(1u, Native.TakeEvents(events));
        edu.Device.DisableInterrupts(kind);
        edu.Device.DisableInterrupts(kind);
        edu.RaiseInterrupt();
        edu.AcknowledgeInterrupt();
        Assert.Equal(0u, Native.TakeEvents(events));
        edu.Device.SetInterrupts(InterruptKind.Msi, 0, [events]); // after the other kind, too
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_reset_happens_or_is_refused(bool byNode)
    {
        Edu.SkipUnlessThere(byNode);
        using var edu = new Edu(byNode);
        if (edu.Device.Info.IsResetSupported)
        {
            edu.Device.Reset();
            return;
        }

        Assert.Equal(Errno.EINVAL, Assert.Throws<VfioException>(edu.Device.Reset).Errno);
    }

    [Fact]
    public void The_containers_limit_on_mappings_is_told()
    {
        Edu.SkipUnlessThere(byNode: false);
        string before = File.ReadAllText(EntryLimit);
        File.WriteAllText(EntryLimit, "3");
        try
        {
            using var edu = new Edu(byNode: false);
            using HostBuffer memory = HostBuffer.Allocate(Page);
            var mappings = new List<DmaMapping>();
            for (uint left = 3; left > 0; left--)
            {
                Assert.Equal(left, edu.Device.AvailableMappings);
                mappings.Add(edu.Device.MapDma(DmaMapRequest.For(memory)));
            }

            VfioException e = Assert.Throws<VfioException>(() => edu.Device.MapDma(DmaMapRequest.For(memory)));
            Assert.Equal(Errno.ENOSPC, e.Errno);
            Assert.Contains("dma_entry_limit", e.Remedy, StringComparison.Ordinal);
            mappings.ForEach(mapping => mapping.Dispose());
            Assert.Equal(3u, edu.Device.AvailableMappings);
        }
        finally
        {
            File.WriteAllText(EntryLimit, before);
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void The_limit_on_locked_memory_is_told_in_numbers(bool byNode)
    {
        Edu.SkipUnlessThere(byNode);
        ulong capabilities = ulong.Parse(
            File.ReadLines("/proc/self/status").Single(line => line.StartsWith("CapEff:", StringComparison.Ordinal))[7..],
            NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        if ((capabilities & (1 << 14)) != 0)
            Assert.Skip("memlock: CAP_IPC_LOCK exempts this process (run under 'capsh --drop=cap_ipc_lock')");
        using var edu = new Edu(byNode);
        using HostBuffer memory = HostBuffer.Allocate(256 << 20);
        VfioException e = Assert.Throws<VfioException>(() => edu.Device.MapDma(DmaMapRequest.For(memory)));
        Assert.Equal(Errno.ENOMEM, e.Errno);
        Assert.Contains("limit", e.Message, StringComparison.Ordinal);
        Assert.Contains("ulimit -l", e.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Thousands_of_mappings_live_at_once_and_threads_share_the_device(bool byNode)
    {
        Edu.SkipUnlessThere(byNode);
        using var edu = new Edu(byNode);
        using HostBuffer memory = HostBuffer.Allocate(Page);
        var all = new DmaMapping[2_000];
        Parallel.For(0, all.Length, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
            all[i] = edu.Device.MapDma(DmaMapRequest.For(memory)));
        Assert.Equal(all.Length, all.Select(mapping => mapping.IoAddress).Distinct().Count());
        memory.AsSpan().Fill(9);
        edu.Load(all[^1].IoAddress, 16);
        memory.AsSpan().Clear();
        edu.Store(all[0].IoAddress, 16);
        Assert.False(memory.AsSpan(0, 16).ContainsAnyExcept((byte)9));
        Parallel.ForEach(all, new ParallelOptions { MaxDegreeOfParallelism = 8 }, mapping => mapping.Dispose());
        Assert.All(all, mapping => Assert.Equal(Errno.None, mapping.ReleaseError));
        if (!byNode)
            Assert.Equal(65535u, edu.Device.AvailableMappings);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_pool_serves_the_device_by_one_mapping(bool byNode)
    {
        Edu.SkipUnlessThere(byNode);
        using var edu = new Edu(byNode);
        uint? before = edu.Device.AvailableMappings;
        using DmaPool pool = DmaPool.Create(edu.Device, 1 << 20);
        using DmaPiece source = pool.TryRent(64)!;
        using DmaPiece destination = pool.TryRent(64)!;
        source.Memory.AsSpan().Fill(5);
        edu.Load(source.IoAddress, 64);
        edu.Store(destination.IoAddress, 64);
        Assert.False(destination.Memory.AsSpan().ContainsAnyExcept((byte)5));
        Assert.Equal(before - 1, edu.Device.AvailableMappings);
    }
}
