using System.Runtime.InteropServices;

namespace Scatterlist.Vfio.Tests.Devices;

/// <summary>What a device promises, whichever way it is reached.</summary>
public sealed class DeviceTests
{
    private const nuint Page = 4096;

    public static TheoryData<bool> Ways => [false, true];

    [Theory]
    [MemberData(nameof(Ways))]
    public void The_device_says_what_it_is(bool overSocket)
    {
        using var setup = new DeviceSetup(overSocket);
        IVfioDevice device = setup.Device;
        Assert.Equal(new VfioDeviceInfo(true, true, 9, 5), device.Info);
        Assert.Equal((ulong)TestCard.Registers, device.Regions[0].Size);
        Assert.Equal(RegionFlags.Read | RegionFlags.Write, device.Regions[0].Flags);
        Assert.Equal(RegionFlags.Read | RegionFlags.Write | RegionFlags.Map, device.Regions[2].Flags);
        Assert.Equal(
            [new RegionArea(0, 8192), new RegionArea(16384, TestCard.Memory - 16384)], device.Regions[2].MappableAreas);
        Assert.Equal(0u, device.Regions[PciRegion.Rom].Size);
        Assert.Equal(4096u, device.Regions[PciRegion.Config].Size);
        Assert.Equal([1, 4, 8, 1, 1], device.Interrupts.Select(interrupt => interrupt.Count));
        Assert.True(device.Interrupts[0].Flags.HasFlag(InterruptFlags.AutoMasked));
        Assert.Equal(1, setup.Card.Attached);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Registers_are_read_and_written(bool overSocket)
    {
        using var setup = new DeviceSetup(overSocket);
        setup.Write64(TestCard.Scratch, 0x0123456789abcdef);
        Assert.Equal(0x0123456789abcdefu, setup.Card[TestCard.Scratch]);
        Assert.Equal(0x0123456789abcdefu, setup.Read64(TestCard.Scratch));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Accesses_outside_of_a_region_are_refused(bool overSocket)
    {
        using var setup = new DeviceSetup(overSocket);
        var bytes = new byte[8];
        Assert.Equal(Errno.EINVAL, setup.Device.ReadRegion(0, TestCard.Registers, bytes));
        Assert.Equal(Errno.EINVAL, setup.Device.ReadRegion(0, TestCard.Registers - 4, bytes));
        Assert.Equal(Errno.EINVAL, setup.Device.ReadRegion(0, ulong.MaxValue - 3, bytes));
        Assert.Equal(Errno.EINVAL, setup.Device.WriteRegion(1, 0, bytes));
        Assert.Equal(Errno.EINVAL, setup.Device.WriteRegion(-1, 0, bytes));
        Assert.Equal(Errno.EINVAL, setup.Device.WriteRegion(9, 0, bytes));
        Assert.Equal(Errno.None, setup.Device.WriteRegion(0, TestCard.Registers - 8, bytes));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Mapped_registers_and_messages_show_the_same(bool overSocket)
    {
        using var setup = new DeviceSetup(overSocket);
        using MmioWindow window = setup.Device.MapRegion(2, 16384, 4096);
        window.Write32(8, 0xfeedface);
        var bytes = new byte[4];
        Assert.Equal(Errno.None, setup.Device.ReadRegion(2, 16384 + 8, bytes));
        Assert.Equal(0xfeedface, BitConverter.ToUInt32(bytes));
        BitConverter.TryWriteBytes(bytes, 0x01020304);
        Assert.Equal(Errno.None, setup.Device.WriteRegion(2, 16384 + 12, bytes));
        Assert.Equal(0x01020304u, window.Read32(12));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Only_mappable_areas_are_mapped(bool overSocket)
    {
        using var setup = new DeviceSetup(overSocket);
        Assert.Equal(Errno.EOPNOTSUPP, Assert.Throws<VfioException>(() => setup.Device.MapRegion(0, 0, Page)).Errno);
        Assert.Equal(
            Errno.EOPNOTSUPP, Assert.Throws<VfioException>(() => setup.Device.MapRegion(2, 4096, 8192)).Errno);
        Assert.Throws<ArgumentOutOfRangeException>(() => setup.Device.MapRegion(2, TestCard.Memory, 4096));
        Assert.Throws<ArgumentOutOfRangeException>(() => setup.Device.MapRegion(9, 0, 4096));
        Assert.Throws<ArgumentOutOfRangeException>(() => setup.Device.MapRegion(2, 0, 0));
        Assert.Throws<ArgumentException>(() => setup.Device.MapRegion(2, 8, 8));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_window_outlives_the_device_object(bool overSocket)
    {
        using var setup = new DeviceSetup(overSocket);
        MmioWindow window = setup.Device.MapRegion(2, 0, 4096);
        setup.Device.Dispose();
        window.Write64(0, 5);
        Assert.Equal(5u, window.Read64(0));
        Assert.Equal(0, setup.Card.Detached);
        window.Dispose();
        Eventually.True(() => setup.Card.Detached == 1, "The card was not given back.");
    }

    [Theory]
    [InlineData(false, true, false)]
    [InlineData(false, false, true)]
    [InlineData(true, true, false)]
    [InlineData(true, true, true)]
    [InlineData(true, false, false)]
    [InlineData(true, false, true)]
    public void The_device_copies_within_our_memory(bool overSocket, bool isShareable, bool onOtherThread)
    {
        using var setup = new DeviceSetup(overSocket);
        using HostBuffer source = HostBuffer.Allocate(
            3 << 20, new HostBufferOptions { IsShareable = isShareable });
        using HostBuffer destination = HostBuffer.Allocate(
            3 << 20, new HostBufferOptions { IsShareable = isShareable });
        new Random(1).NextBytes(source.AsSpan());
        using DmaMapping from = setup.Device.MapDma(DmaMapRequest.For(source, DmaAccess.Read));
        using DmaMapping to = setup.Device.MapDma(DmaMapRequest.For(destination, DmaAccess.Write));
        Assert.NotEqual(0u, from.IoAddress.Value);
        Assert.Equal(Errno.None, setup.Copy(to.IoAddress + 4096, from.IoAddress + 100, (3 << 20) - 4096, onOtherThread));
        Assert.True(
            source.AsSpan(100, (3 << 20) - 4096).SequenceEqual(destination.AsSpan(4096, (3 << 20) - 4096)));
        Assert.False(destination.AsSpan(0, 4096).ContainsAnyExcept((byte)0));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_copy_goes_across_neighbouring_mappings(bool overSocket)
    {
        using var setup = new DeviceSetup(overSocket);
        using HostBuffer memory = HostBuffer.Allocate(4 * Page, new HostBufferOptions { IsShareable = true });
        new Random(1).NextBytes(memory.AsSpan(0, 2 * (int)Page));
        var mappings = new List<DmaMapping>();
        for (nuint i = 0; i < 4; i++)
        {
            DmaMapRequest request = DmaMapRequest.For(memory) with
            {
                Memory = new Block((nint)((nuint)memory.Address + (i * Page)), Page),
                DescriptorOffset = i * Page,
                IoAddress = new IoAddress(0x10000 + ((ulong)i * Page)),
            };
            mappings.Add(setup.Device.MapDma(request));
        }

        Assert.Equal(Errno.None, setup.Copy(new IoAddress(0x12000), new IoAddress(0x10000), 8192));
        Assert.True(memory.AsSpan(0, 8192).SequenceEqual(memory.AsSpan(8192, 8192)));
        mappings.ForEach(mapping => mapping.Dispose());
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_fault_touches_nothing(bool overSocket)
    {
        using var setup = new DeviceSetup(overSocket);
        using HostBuffer memory = HostBuffer.Allocate(4 * Page, new HostBufferOptions { IsShareable = true });
        memory.AsSpan(0, (int)Page).Fill(1);
        using DmaMapping mapping = setup.Device.MapDma(DmaMapRequest.For(memory));
        IoAddress hole = mapping.IoAddress + mapping.Length;
        Assert.Equal(Errno.EFAULT, setup.Copy(mapping.IoAddress + (3 * Page), mapping.IoAddress, (2 * Page)));
        Assert.Equal(Errno.EFAULT, setup.Copy(hole, mapping.IoAddress, 1));
        Assert.Equal(Errno.EFAULT, setup.Copy(mapping.IoAddress, hole, 1));
        Assert.False(memory.AsSpan((nuint)Page, 3 * (int)Page).ContainsAnyExcept((byte)0));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Permissions_are_kept(bool overSocket)
    {
        using var setup = new DeviceSetup(overSocket);
        using HostBuffer a = HostBuffer.Allocate(Page, new HostBufferOptions { IsShareable = true });
        using HostBuffer b = HostBuffer.Allocate(Page);
        using DmaMapping readOnly = setup.Device.MapDma(DmaMapRequest.For(a, DmaAccess.Read));
        using DmaMapping writeOnly = setup.Device.MapDma(DmaMapRequest.For(b, DmaAccess.Write));
        Assert.Equal(Errno.EFAULT, setup.Copy(readOnly.IoAddress, readOnly.IoAddress, 8));
        Assert.Equal(Errno.EFAULT, setup.Copy(writeOnly.IoAddress, writeOnly.IoAddress, 8));
        Assert.Equal(Errno.None, setup.Copy(writeOnly.IoAddress, readOnly.IoAddress, 8));
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [InlineData(true, false)]
    public void After_the_dispose_nothing_is_reached(bool overSocket, bool isShareable)
    {
        using var setup = new DeviceSetup(overSocket);
        using HostBuffer memory = HostBuffer.Allocate(Page, new HostBufferOptions { IsShareable = isShareable });
        DmaMapping mapping = setup.Device.MapDma(DmaMapRequest.For(memory));
        Assert.Equal(Errno.None, setup.Copy(mapping.IoAddress, mapping.IoAddress + 2048, 2048));
        mapping.Dispose();
        Assert.Equal(Errno.None, mapping.ReleaseError);
        Assert.Equal(0, setup.Card.Dma.Count);
        Assert.Equal(Errno.EFAULT, setup.Copy(mapping.IoAddress, mapping.IoAddress + 2048, 2048));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_mapping_holds_the_memory_and_the_device(bool overSocket)
    {
        using var setup = new DeviceSetup(overSocket);
        HostBuffer memory = HostBuffer.Allocate(Page, new HostBufferOptions { IsShareable = true });
        memory.AsSpan().Fill(7);
        DmaMapping mapping = setup.Device.MapDma(DmaMapRequest.For(memory));
        memory.Dispose();
        setup.Device.Dispose();
        var bytes = new byte[16];
        Assert.Equal(Errno.None, setup.Card.Dma.Read(mapping.IoAddress, bytes));
        Assert.All(bytes, value => Assert.Equal(7, value));
        mapping.Dispose();
        Eventually.True(() => setup.Card.Detached == 1, "The card was not given back.");
        Assert.Throws<ObjectDisposedException>(() => setup.Device.MapDma(DmaMapRequest.For(memory)));
        Assert.Throws<ObjectDisposedException>(() => { setup.Device.ReadRegion(0, 0, bytes); });
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Bad_requests_are_refused_and_leave_nothing(bool overSocket)
    {
        using var setup = new DeviceSetup(overSocket);
        using HostBuffer memory = HostBuffer.Allocate(4 * Page);
        IVfioDevice device = setup.Device;
        DmaMapRequest good = DmaMapRequest.For(memory);
        Assert.Throws<ArgumentException>(() => device.MapDma(good with { Memory = default }));
        Assert.Throws<ArgumentException>(() => device.MapDma(good with { Memory = new Block(memory.Address, 100) }));
        Assert.Throws<ArgumentException>(
            () => device.MapDma(good with { Memory = new Block(memory.Address + 8, Page) }));
        Assert.Throws<ArgumentException>(() => device.MapDma(good with { Access = DmaAccess.None }));
        Assert.Throws<ArgumentException>(() => device.MapDma(good with { IoAddress = new IoAddress(1) }));
        Assert.Equal(Errno.EINVAL, Fails(device, good with { IoAddress = new IoAddress(0) }));
        Assert.Equal(Errno.EINVAL, Fails(device, good with { IoAddress = new IoAddress(0xfee00000) }));
        Assert.Equal(Errno.EINVAL, Fails(device, good with { IoAddress = new IoAddress(1ul << 39) }));
        Assert.Equal(Errno.ENOSPC, Fails(device, good with { HighestIoAddress = new IoAddress(0x1fff) }));
        using (DmaMapping first = device.MapDma(good with { IoAddress = new IoAddress(0x5000) }))
            Assert.Equal(Errno.EEXIST, Fails(device, good with { IoAddress = new IoAddress(0x8000) }));
        Assert.Equal(0, setup.Card.Dma.Count);
        using DmaMapping second = device.MapDma(good with { IoAddress = new IoAddress(0x5000) });
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Memory_that_is_not_there_is_refused_with_EFAULT(bool overSocket)
    {
        using var setup = new DeviceSetup(overSocket);
        using GuardedMemory guarded = GuardedMemory.NoAccess(Page);
        DmaMapRequest request = new() { Memory = new Block(guarded.FaultAddress, Page), Access = DmaAccess.Read };
        VfioException e = Assert.Throws<VfioException>(() => setup.Device.MapDma(request));
        Assert.Equal(Errno.EFAULT, e.Errno);
        Assert.NotNull(e.Remedy);
        Assert.Equal(0, setup.Card.Dma.Count);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Vectors_signal_their_descriptors(bool overSocket)
    {
        using var setup = new DeviceSetup(overSocket);
        using FileDescriptor a = Native.EventFd();
        using FileDescriptor b = Native.EventFd();
        FileDescriptor?[] many = [a, null, b, a, a, a, a, a];
        setup.Device.SetInterrupts(InterruptKind.MsiX, 0, many);
        Assert.True(setup.Card.RaiseInterrupt(InterruptKind.MsiX, 2));
        Assert.False(setup.Card.RaiseInterrupt(InterruptKind.MsiX, 1));
        Assert.Equal(1u, Native.TakeEvents(b));
        Assert.Equal(0u, Native.TakeEvents(a));
        setup.Device.TriggerInterrupt(InterruptKind.MsiX, 7);
        Assert.Equal(1u, Native.TakeEvents(a));
        setup.Device.SetInterrupts(InterruptKind.MsiX, 2, [null]);
        Assert.False(setup.Card.RaiseInterrupt(InterruptKind.MsiX, 2));
        Assert.True(setup.Card.RaiseInterrupt(InterruptKind.MsiX, 3));
        setup.Device.DisableInterrupts(InterruptKind.MsiX);
        Assert.False(setup.Card.RaiseInterrupt(InterruptKind.MsiX, 3));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_masked_vector_fires_when_it_is_unmasked(bool overSocket)
    {
        using var setup = new DeviceSetup(overSocket);
        using FileDescriptor events = Native.EventFd();
        setup.Device.SetInterrupts(InterruptKind.Msi, 1, [events]);
        setup.Device.MaskInterrupt(InterruptKind.Msi, 1);
        setup.Card.RaiseInterrupt(InterruptKind.Msi, 1);
        setup.Card.RaiseInterrupt(InterruptKind.Msi, 1);
        Assert.Equal(0u, Native.TakeEvents(events));
        setup.Device.UnmaskInterrupt(InterruptKind.Msi, 1);
        Assert.Equal(1u, Native.TakeEvents(events));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void INTx_masks_itself(bool overSocket)
    {
        using var setup = new DeviceSetup(overSocket);
        using FileDescriptor events = Native.EventFd();
        setup.Device.SetInterrupts(InterruptKind.Intx, 0, [events]);
        setup.Card.RaiseInterrupt(InterruptKind.Intx, 0);
        setup.Card.RaiseInterrupt(InterruptKind.Intx, 0);
        Assert.Equal(1u, Native.TakeEvents(events));
        setup.Device.UnmaskInterrupt(InterruptKind.Intx, 0);
        Assert.Equal(1u, Native.TakeEvents(events));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_counter_that_is_full_does_not_block_the_device(bool overSocket)
    {
        using var setup = new DeviceSetup(overSocket);
        using FileDescriptor events = Native.EventFd();
        Native.AddEvents(events, ulong.MaxValue - 1);
        setup.Device.SetInterrupts(InterruptKind.MsiX, 0, [events]);
        Assert.True(setup.Card.RaiseInterrupt(InterruptKind.MsiX, 0));
        Assert.Equal(ulong.MaxValue - 1, Native.TakeEvents(events));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Vectors_and_descriptors_that_are_none_are_refused(bool overSocket)
    {
        using var setup = new DeviceSetup(overSocket);
        using HostBuffer memory = HostBuffer.Allocate(Page, new HostBufferOptions { IsShareable = true });
        using FileDescriptor events = Native.EventFd();
        Assert.Throws<ArgumentOutOfRangeException>(
            () => setup.Device.SetInterrupts(InterruptKind.MsiX, 8, [events]));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => setup.Device.SetInterrupts(InterruptKind.Intx, 0, [events, events]));
        Assert.Throws<ArgumentOutOfRangeException>(() => setup.Device.TriggerInterrupt((InterruptKind)9, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => setup.Device.DisableInterrupts((InterruptKind)5));
        VfioException e = Assert.Throws<VfioException>(
            () => setup.Device.SetInterrupts(InterruptKind.MsiX, 0, [memory.Descriptor]));
        Assert.Equal(Errno.EINVAL, e.Errno);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Reset_puts_the_device_into_its_first_state(bool overSocket)
    {
        using var setup = new DeviceSetup(overSocket);
        setup.Write64(TestCard.Scratch, 5);
        setup.Device.Reset();
        Assert.Equal(0u, setup.Read64(TestCard.Scratch));
        Assert.Equal(1, setup.Card.Resets);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_bug_of_the_model_does_not_end_the_connection(bool overSocket)
    {
        if (!overSocket)
            return; // in process the caller sees the model's own exception
        using var setup = new DeviceSetup(overSocket);
        Assert.Equal(Errno.EIO, setup.Device.WriteRegion(0, TestCard.Explode, new byte[8]));
        Assert.Equal(0u, setup.Read64(TestCard.Scratch));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Steady_work_allocates_nothing(bool overSocket)
    {
        using var setup = new DeviceSetup(overSocket);
        using FileDescriptor events = Native.EventFd();
        using HostBuffer memory = HostBuffer.Allocate(Page, new HostBufferOptions { IsShareable = true });
        using DmaMapping mapping = setup.Device.MapDma(DmaMapRequest.For(memory));
        setup.Device.SetInterrupts(InterruptKind.MsiX, 0, [events]);
        var bytes = new byte[8];
        var translation = new DmaTranslation();
        AllocationMeter.AssertNone(() => setup.Device.ReadRegion(0, 0, bytes));
        AllocationMeter.AssertNone(() => setup.Device.WriteRegion(0, 0, bytes));
        AllocationMeter.AssertNone(() => setup.Card.RaiseInterrupt(InterruptKind.MsiX, 0));
        AllocationMeter.AssertNone(() =>
        {
            setup.Card.Dma.Translate(mapping.IoAddress, 64, DmaAccess.Read, translation);
            translation.Release();
            setup.Card.Dma.Copy(mapping.IoAddress, mapping.IoAddress + 64, 64);
            setup.Card.Dma.Read(mapping.IoAddress, bytes);
            setup.Card.Dma.Write(mapping.IoAddress, bytes);
        });
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Many_threads_may_use_the_device_at_once(bool overSocket)
    {
        using var setup = new DeviceSetup(overSocket);
        IVfioDevice device = setup.Device;
        Parallel.For(0, 6, new ParallelOptions { MaxDegreeOfParallelism = 6 }, thread =>
        {
            var mine = new byte[8];
            var seen = new byte[8];
            ulong place = 0x100 + ((ulong)thread * 8);
            for (int i = 0; i < 200; i++)
            {
                MemoryMarshal.Write(mine, (thread * 1000) + i);
                Assert.Equal(Errno.None, device.WriteRegion(0, place, mine));
                Assert.Equal(Errno.None, device.ReadRegion(0, place, seen));
                Assert.Equal(mine, seen);
                if (i % 10 == 0)
                {
                    using HostBuffer memory = HostBuffer.Allocate(
                        Page, new HostBufferOptions { IsShareable = i % 20 == 0 });
                    using DmaMapping mapping = device.MapDma(DmaMapRequest.For(memory));
                    var bytes = new byte[4096];
                    Assert.Equal(Errno.None, setup.Card.Dma.Read(mapping.IoAddress, bytes));
                }
            }
        });
        Assert.Equal(0, setup.Card.Dma.Count);
    }

    [Fact]
    public void A_model_has_one_client_at_a_time()
    {
        using var card = new TestCard();
        using (InProcessDevice device = InProcessDevice.Open(card))
            Assert.Equal(Errno.EBUSY, Assert.Throws<VfioException>(() => InProcessDevice.Open(card)).Errno);
        using InProcessDevice next = InProcessDevice.Open(card);
    }

    private static Errno Fails(IVfioDevice device, DmaMapRequest request) =>
        Assert.Throws<VfioException>(() => device.MapDma(request)).Errno;
}
