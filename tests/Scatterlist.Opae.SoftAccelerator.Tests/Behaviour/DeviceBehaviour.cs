using Scatterlist.HostFd;

namespace Scatterlist.Opae.SoftAccelerator.Tests.Behaviour;

/// <summary>Finding and opening, registers, events, reset.</summary>
public abstract class DeviceBehaviour : EmulatedBehaviour
{
    [Fact]
    public void An_accelerator_is_found_by_what_it_is()
    {
        EmulatedRig rig = NewRig();
        Token token = Assert.Single(rig.Provider.Enumerate());
        FpgaProperties properties = token.Properties;
        Assert.Equal(FpgaObjectType.Accelerator, properties.ObjectType);
        Assert.Equal(AcceleratorIds.HostExerciserLoopback, properties.Guid);
        Assert.Equal(FpgaInterface.SimulatedVfio, properties.Interface);
        Assert.Equal(AcceleratorState.Unassigned, properties.State);
        Assert.Equal(((ushort)0x8086, (ushort)0xbccf), (properties.VendorId, properties.DeviceId));
        Assert.Equal(((ushort)0x8086, (ushort)0x1771), (properties.SubsystemVendorId, properties.SubsystemDeviceId));
        Assert.Equal((1u, 4u), (properties.MmioCount, properties.InterruptCount));
        Assert.Null(properties.SocketId);
        Assert.Null(properties.SlotCount);
    }

    [Fact]
    public void Filters_are_alternatives_and_all_of_one_must_hold()
    {
        FpgaProvider provider = NewRig().Provider;
        var right = new FpgaProperties { Guid = AcceleratorIds.HostExerciserLoopback, VendorId = 0x8086 };
        FpgaProperties wrong = right with { VendorId = 0x10ee };
        var unknown = new FpgaProperties { Bus = 3 };
        Assert.Single(provider.Enumerate(right));
        Assert.Empty(provider.Enumerate(wrong));
        Assert.Empty(provider.Enumerate(unknown));
        Assert.Empty(provider.Enumerate(new FpgaProperties { ObjectType = FpgaObjectType.Device }));
        Assert.Single(provider.Enumerate(wrong, right, unknown));
        Assert.Single(provider.Enumerate(new FpgaProperties()));
        Assert.Throws<ArgumentNullException>(() => provider.Enumerate(right, null!));
    }

    [Fact]
    public void An_open_accelerator_is_busy_for_everybody_else_until_it_is_closed()
    {
        EmulatedRig rig = NewRig();
        Token token = Assert.Single(rig.Provider.Enumerate());
        Accelerator first = token.Open();
        Assert.Equal(FpgaResult.Busy, ResultOf(() => token.Open()));
        Assert.Equal(FpgaResult.Busy, ResultOf(() => token.Open(FpgaOpenFlags.Shared)));
        FpgaProperties seen = Assert.Single(rig.Provider.Enumerate()).Properties;
        Assert.Equal(AcceleratorState.Assigned, seen.State);
        Assert.Null(seen.Guid);
        Assert.Single(rig.Provider.Enumerate(new FpgaProperties { State = AcceleratorState.Assigned }));
        first.Dispose();
        using Accelerator second = token.Open();
        Assert.Equal(AcceleratorIds.HostExerciserLoopback, second.Guid);
        Assert.Throws<ArgumentOutOfRangeException>(() => token.Open((FpgaOpenFlags)2));
    }

    [Fact]
    public void The_registers_begin_with_the_feature_header_and_the_guid()
    {
        Accelerator accelerator = Open();
        Assert.Equal(0x1000010000000000ul, accelerator.Read64(0, 0));
        Assert.Equal(0xb94b12284c31e02bul, accelerator.Read64(0, 8));
        Assert.Equal(0x56e203e9864f49a7ul, accelerator.Read64(0, 16));
        DeviceFeature feature = Assert.Single(accelerator.Features);
        Assert.Equal(FeatureType.Accelerator, feature.Header.Type);
        Assert.True(feature.Header.IsLast);
        Assert.Equal(AcceleratorIds.HostExerciserLoopback, feature.Id);
    }

    [Fact]
    public void Registers_keep_what_is_written_in_every_width()
    {
        Accelerator accelerator = Open();
        accelerator.Write64(0, 0x100, 0x1122334455667788);
        Assert.Equal(0x55667788u, accelerator.Read32(0, 0x100));
        Assert.Equal(0x11223344u, accelerator.Read32(0, 0x104));
        accelerator.Write32(0, 0x104, 0xcafef00d);
        Assert.Equal(0xcafef00d55667788ul, accelerator.Read64(0, 0x100));
        accelerator.Write64(0, 8, 0); // the GUID is not to be written
        Assert.Equal(0xb94b12284c31e02bul, accelerator.Read64(0, 8));
        byte[] wide = [.. Enumerable.Range(1, 64).Select(i => (byte)i)];
        accelerator.Write512(0, 0x100, wide);
        Assert.Equal(0x0807060504030201ul, accelerator.Read64(0, 0x100));
    }

    [Fact]
    public void Accesses_outside_or_across_are_refused()
    {
        Accelerator accelerator = Open();
        ulong length = accelerator.GetMmioLength(0);
        Assert.Equal(1, accelerator.MmioCount);
        Assert.Equal(0u, accelerator.Read32(0, length - 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => accelerator.Read32(0, length));
        Assert.Throws<ArgumentOutOfRangeException>(() => accelerator.Read64(0, length));
        Assert.Throws<ArgumentOutOfRangeException>(() => accelerator.Write64(0, ulong.MaxValue - 7, 0));
        Assert.Throws<ArgumentException>(() => accelerator.Read64(0, 4));
        Assert.Throws<ArgumentException>(() => accelerator.Read32(0, 2));
        Assert.Throws<ArgumentException>(() => accelerator.Write512(0, 32, new byte[64]));
        Assert.Throws<ArgumentException>(() => accelerator.Write512(0, 0x100, new byte[63]));
        foreach (int region in (int[])[1, 2, 31, -1])
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => accelerator.Read32(region, 0));
            Assert.Throws<ArgumentOutOfRangeException>(() => accelerator.GetMmioLength(region));
            Assert.Throws<ArgumentOutOfRangeException>(() => accelerator.MapMmio(region));
        }
    }

    [Fact]
    public void Registers_that_are_calls_cannot_be_mapped() =>
        Assert.Equal(FpgaResult.NotSupported, ResultOf(() => Open().MapMmio(0)));

    [Fact]
    public void Registers_of_a_closed_accelerator_are_refused()
    {
        Accelerator accelerator = Open();
        accelerator.Dispose();
        Assert.Throws<ObjectDisposedException>(() => accelerator.Read64(0, 0));
        Assert.Throws<ObjectDisposedException>(() => accelerator.Write32(0, 0x100, 0));
        Assert.Throws<ObjectDisposedException>(() => accelerator.Reset());
        Assert.Throws<ObjectDisposedException>(() => accelerator.RegisterEvent());
    }

    [Fact]
    public async Task The_end_of_a_run_is_an_event()
    {
        Accelerator accelerator = Open();
        using var exerciser = LoopbackExerciser.Create(accelerator);
        using SharedBuffer source = Prepare(accelerator, Page);
        using SharedBuffer destination = Prepare(accelerator, Page);
        using AcceleratorEvent ended = accelerator.RegisterEvent(FpgaEventType.Interrupt, 2);
        Assert.Equal(0ul, ended.Take());
        Assert.Equal(0ul, ended.Wait(TimeSpan.Zero, Stop));
        for (int i = 0; i < 3; i++)
        {
            exerciser.Start(LoopbackMode.Loopback, source.IoAddress, destination.IoAddress, Page, interruptVector: 2);
            Assert.Equal(1ul, await ended.WaitAsync(Stop));
            Assert.True(exerciser.TryGetResult(out LoopbackResult result));
            Assert.True(result.IsSuccess);
        }

        exerciser.Start(LoopbackMode.Loopback, source.IoAddress, destination.IoAddress, Page, interruptVector: 2);
        Assert.Equal(Errno.None, HostIO.WaitReadable(ended.Descriptor, Patience, Stop)); // as poll(2) sees it
        Assert.Equal(1ul, ended.Wait(Patience, Stop));
    }

    [Fact]
    public async Task A_wait_for_an_event_can_be_cancelled()
    {
        Accelerator accelerator = Open();
        using AcceleratorEvent never = accelerator.RegisterEvent();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        ValueTask<ulong> wait = never.WaitAsync(stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await wait);
        Assert.ThrowsAny<OperationCanceledException>(() => never.Wait(Patience, stop.Token));
    }

    [Fact]
    public void Events_that_are_not_there_are_refused()
    {
        Accelerator accelerator = Open();
        Assert.Throws<ArgumentOutOfRangeException>(() => accelerator.RegisterEvent(FpgaEventType.Interrupt, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => accelerator.RegisterEvent((FpgaEventType)3));
        Assert.Equal(FpgaResult.NotSupported, ResultOf(() => accelerator.RegisterEvent(FpgaEventType.Error)));
        Assert.Equal(FpgaResult.NotSupported, ResultOf(() => accelerator.RegisterEvent(FpgaEventType.PowerThermal)));
        using AcceleratorEvent registered = accelerator.RegisterEvent(FpgaEventType.Interrupt, 3);
        Assert.Equal(
            FpgaResult.Busy, ResultOf(() => accelerator.RegisterEvent(FpgaEventType.Interrupt, 3)));
        registered.Dispose();
        registered.Dispose();
        Assert.Throws<ObjectDisposedException>(() => registered.Take());
        accelerator.RegisterEvent(FpgaEventType.Interrupt, 3).Dispose();
    }

    [Fact]
    public void Vectors_are_independent()
    {
        Accelerator accelerator = Open();
        using var exerciser = LoopbackExerciser.Create(accelerator);
        using SharedBuffer buffer = Prepare(accelerator, Page);
        AcceleratorEvent[] events =
            [.. Enumerable.Range(0, 4).Select(i => accelerator.RegisterEvent(FpgaEventType.Interrupt, (uint)i))];
        events[1].Dispose();
        foreach (int vector in (int[])[3, 0, 1, 2, 2])
        {
            exerciser.Start(LoopbackMode.Read, buffer.IoAddress, default, 64, vector);
            exerciser.Wait(Patience, Stop);
        }

        Assert.Equal(1ul, events[0].Wait(Patience, Stop));
        Assert.Equal(1ul, events[3].Wait(Patience, Stop));
        ulong both = 0;
        Eventually.True(() => (both += events[2].Take()) == 2, "vector 2 fired twice");
    }

    [Fact]
    public void A_reset_clears_registers_and_leaves_buffers_and_events()
    {
        Accelerator accelerator = Open();
        Assert.True(accelerator.CanReset);
        using SharedBuffer source = Prepare(accelerator, Page);
        using SharedBuffer destination = Prepare(accelerator, Page);
        using AcceleratorEvent ended = accelerator.RegisterEvent();
        Fill(source, 8);
        accelerator.Write64(0, 0x100, 42);
        accelerator.Reset();
        Assert.Equal(0ul, accelerator.Read64(0, 0x100));
        Assert.Equal(AcceleratorIds.HostExerciserLoopback, AcceleratorIds.FromRegisters(
            accelerator.Read64(0, 8), accelerator.Read64(0, 16)));
        using var exerciser = LoopbackExerciser.Create(accelerator);
        exerciser.Start(LoopbackMode.Loopback, source.IoAddress, destination.IoAddress, Page, interruptVector: 0);
        Assert.Equal(1ul, ended.Wait(Patience, Stop));
        Assert.True(source.AsSpan().SequenceEqual(destination.AsSpan()));
    }

    [Fact]
    public void A_reset_stops_a_run_that_would_not_end()
    {
        EmulatedRig rig = NewRig();
        using Accelerator accelerator = rig.Open();
        using SharedBuffer buffer = Prepare(accelerator, Page);
        using SharedBuffer status = Prepare(accelerator, Page);
        for (int i = 0; i < 50; i++)
        {
            accelerator.Write64(0, 0x110, status.IoAddress.Value / 64);
            accelerator.Write64(0, 0x120, buffer.IoAddress.Value / 64);
            accelerator.Write64(0, 0x140, (1 << 2) | 2); // read, continuously
            accelerator.Write32(0, 0x138, 1);
            accelerator.Write32(0, 0x138, 3);
            accelerator.Reset();
        }

        Assert.Empty(rig.Emulated.Faults);
        Assert.Equal(0ul, rig.Emulated.GetStatistics().Runs);
        using var exerciser = LoopbackExerciser.Create(accelerator);
        Assert.True(exerciser.Copy(buffer, buffer, Page, Patience, Stop).IsSuccess);
        Assert.Equal(-1, status.AsSpan().IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void A_continuous_run_ends_when_it_is_told()
    {
        Accelerator accelerator = Open();
        using SharedBuffer buffer = Prepare(accelerator, Page);
        using SharedBuffer status = Prepare(accelerator, Page);
        accelerator.Write64(0, 0x110, status.IoAddress.Value / 64);
        accelerator.Write64(0, 0x120, buffer.IoAddress.Value / 64);
        accelerator.Write64(0, 0x130, 63);
        accelerator.Write64(0, 0x140, (1 << 2) | 2);
        accelerator.Write32(0, 0x138, 1);
        accelerator.Write32(0, 0x138, 3);
        Assert.Equal(0, status.AsSpan()[0]);
        accelerator.Write32(0, 0x138, 7);
        Eventually.True(() => (Volatile.Read(ref status.AsSpan()[0]) & 1) != 0, "the run does not end");
        uint read = BitConverter.ToUInt32(status.AsSpan()[16..]);
        Assert.Equal(0u, read % 64);
        Assert.NotEqual(0u, read);
    }

    [Fact]
    public void State_outlives_the_client_and_memory_does_not()
    {
        EmulatedRig rig = NewRig();
        IoAddress address;
        using (Accelerator first = rig.Open())
        {
            first.Write64(0, 0x100, 7);
            address = Prepare(first, Page).IoAddress;
        }

        using Accelerator second = rig.Open();
        Assert.Equal(7ul, second.Read64(0, 0x100));
        using var exerciser = LoopbackExerciser.Create(second);
        exerciser.Start(LoopbackMode.Write, default, address + (16 * Page), 64);
        Assert.False(exerciser.Wait(Patience, Stop).IsSuccess);
        Assert.Equal(1, second.BufferCount); // the exerciser's status page
    }

    [Fact]
    public void An_accelerator_says_what_keeps_it_from_working()
    {
        Accelerator accelerator = Open();
        Assert.All(accelerator.Diagnose(), finding => Assert.Equal(FpgaFindingStatus.Ok, finding.Status));
        accelerator.WriteConfig(4, [0, 0]);
        Assert.Contains(
            accelerator.Diagnose(),
            finding => finding is { Name: "bus master", Status: FpgaFindingStatus.Broken, Remedy: not null });
    }

    [Fact]
    public void An_address_is_told_by_its_buffer()
    {
        Accelerator accelerator = Open();
        SharedBuffer buffer = Prepare(accelerator, 2 * Page, BufferFlags.ReadOnly);
        FpgaFinding inside = accelerator.Diagnose(buffer.IoAddress + 5000);
        Assert.Equal(FpgaFindingStatus.Ok, inside.Status);
        Assert.Equal($"byte 5000 of buffer {buffer.WorkspaceId}, 8192 bytes, read-only", inside.Found);
        FpgaFinding behind = accelerator.Diagnose(buffer.IoAddress + (2 * Page));
        Assert.Equal(FpgaFindingStatus.Broken, behind.Status);
        Assert.Contains(
            $"ends at {buffer.IoAddress + (2 * Page)}", behind.Found, StringComparison.Ordinal);
        Assert.Contains("no buffer lies below", accelerator.Diagnose(default).Found, StringComparison.Ordinal);
    }
}
