using Scatterlist.Vfio;

namespace Scatterlist.Opae.SoftAccelerator.Tests.Behaviour;

/// <summary>What the accelerator reaches of host memory, and what it does not.</summary>
public abstract class DmaBehaviour : EmulatedBehaviour
{
    [Fact]
    public void A_copy_through_the_accelerator_brings_every_byte()
    {
        Accelerator accelerator = Open();
        using var exerciser = LoopbackExerciser.Create(accelerator);
        SeededRandom.Run(30, random =>
        {
            int lines = random.Next(1, 3000);
            using SharedBuffer source = Prepare(accelerator, lines * 64);
            using SharedBuffer destination = Prepare(accelerator, (lines * 64) + 64);
            random.NextBytes(source.AsSpan());
            LoopbackResult result = exerciser.Copy(destination, source, (ulong)lines * 64, Patience, Stop);
            Assert.True(result.IsSuccess);
            Assert.Equal((uint)lines, result.LinesRead);
            Assert.Equal((uint)lines, result.LinesWritten);
            Assert.NotEqual(0ul, result.Ticks);
            Assert.True(source.AsSpan().SequenceEqual(destination.AsSpan()[..(lines * 64)]));
            Assert.Equal(-1, destination.AsSpan()[(lines * 64)..].IndexOfAnyExcept((byte)0));
        });
    }

    [Fact]
    public void A_write_to_a_read_only_buffer_faults_and_changes_nothing()
    {
        EmulatedRig rig = NewRig();
        using Accelerator accelerator = rig.Open();
        using var exerciser = LoopbackExerciser.Create(accelerator);
        using SharedBuffer source = Prepare(accelerator, Page);
        using SharedBuffer target = Prepare(accelerator, Page, BufferFlags.ReadOnly);
        Fill(source, 1);
        Fill(target, 2);
        byte[] before = target.AsSpan().ToArray();
        LoopbackResult result = exerciser.Copy(target, source, Page, Patience, Stop);
        Assert.False(result.IsSuccess);
        Assert.Equal(0u, result.LinesWritten);
        Assert.True(target.AsSpan().SequenceEqual(before));
        DmaFault fault = Assert.Single(rig.Emulated.Faults);
        Assert.Equal(
            new DmaFault(target.IoAddress, DmaAccess.Write, DmaFaultReason.NotPermitted, target.IoAddress, Page), fault);
        Assert.NotEqual(0ul, exerciser.ReadError());
        Assert.True(exerciser.Copy(source, target, Page, Patience, Stop).IsSuccess); // reading it is allowed
    }

    [Fact]
    public void A_released_buffer_is_out_of_reach()
    {
        EmulatedRig rig = NewRig();
        using Accelerator accelerator = rig.Open();
        using var exerciser = LoopbackExerciser.Create(accelerator);
        using HostBuffer memory = HostBuffer.Allocate(Page, new HostBufferOptions { IsShareable = true });
        using SharedBuffer source = Prepare(accelerator, Page);
        Fill(source, 3);
        SharedBuffer target = accelerator.PrepareBuffer(memory);
        IoAddress address = target.IoAddress;
        target.Dispose();
        exerciser.Start(LoopbackMode.Loopback, source.IoAddress, address, Page);
        Assert.False(exerciser.Wait(Patience, Stop).IsSuccess);
        Assert.Equal(-1, memory.AsSpan().IndexOfAnyExcept((byte)0));
        Assert.Equal(DmaFaultReason.NotMapped, Assert.Single(rig.Emulated.Faults).Reason);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(300)]
    public void The_end_of_a_buffer_is_the_end_of_its_reach(int pages)
    {
        EmulatedRig rig = NewRig();
        using Accelerator accelerator = rig.Open();
        using var exerciser = LoopbackExerciser.Create(accelerator);
        int length = (pages + 1) * Page;
        using GuardedMemory memory = GuardedMemory.NoAccess((nuint)length);
        memory.AsSpan().Fill(0x77);
        using SharedBuffer buffer = accelerator.PrepareBuffer(memory.All);
        exerciser.Start(LoopbackMode.Write, default, buffer.IoAddress, (ulong)length + 64);
        LoopbackResult result = exerciser.Wait(Patience, Stop);
        Assert.False(result.IsSuccess);
        Assert.Equal(-1, memory.AsSpan().IndexOfAnyExcept((byte)0x77)); // not even the part that could be reached
        DmaFault fault = Assert.Single(rig.Emulated.Faults);
        Assert.Equal(buffer.IoAddress + (ulong)length, fault.Address);
        Assert.Equal(DmaFaultReason.NotMapped, fault.Reason);
    }

    [Fact]
    public void Address_zero_and_addresses_past_the_end_fault()
    {
        EmulatedRig rig = NewRig();
        using Accelerator accelerator = rig.Open();
        using var exerciser = LoopbackExerciser.Create(accelerator);
        using SharedBuffer buffer = Prepare(accelerator, Page);
        Fill(buffer, 5);
        byte[] before = buffer.AsSpan().ToArray();
        foreach (IoAddress bad in (IoAddress[])[default, new(ulong.MaxValue - 63), new(1ul << 63), new(0xfee00000)])
        {
            exerciser.Start(LoopbackMode.Loopback, bad, buffer.IoAddress, 128);
            Assert.False(exerciser.Wait(Patience, Stop).IsSuccess);
        }

        Assert.Equal(4, rig.Emulated.Faults.Count);
        Assert.True(buffer.AsSpan().SequenceEqual(before));
    }

    [Fact]
    public void A_status_line_that_cannot_be_written_is_reported()
    {
        EmulatedRig rig = NewRig();
        using Accelerator accelerator = rig.Open();
        using SharedBuffer buffer = Prepare(accelerator, Page);
        accelerator.Write64(0, 0x110, 0); // nothing is mapped at 0
        accelerator.Write64(0, 0x120, buffer.IoAddress.Value / 64);
        accelerator.Write64(0, 0x128, buffer.IoAddress.Value / 64);
        accelerator.Write64(0, 0x140, 1 << 2);
        accelerator.Write32(0, 0x138, 1);
        accelerator.Write32(0, 0x138, 3);
        Eventually.True(() => accelerator.Read64(0, 0x170) == 4, "no status fault is shown");
        Assert.Equal(DmaFaultReason.NotMapped, Assert.Single(rig.Emulated.Faults).Reason);
    }

    [Fact]
    public void Without_bus_mastering_nothing_is_reached()
    {
        EmulatedRig rig = NewRig();
        using Accelerator accelerator = rig.Open();
        using var exerciser = LoopbackExerciser.Create(accelerator);
        using SharedBuffer source = Prepare(accelerator, Page);
        using SharedBuffer destination = Prepare(accelerator, Page);
        Fill(source, 6);
        accelerator.WriteConfig(4, [0, 0]);
        exerciser.Start(LoopbackMode.Loopback, source.IoAddress, destination.IoAddress, Page);
        Eventually.True(() => accelerator.Read64(0, 0x170) != 0, "no error is shown");
        Assert.Equal(-1, destination.AsSpan().IndexOfAnyExcept((byte)0));
        Assert.All(rig.Emulated.Faults, fault => Assert.Equal(DmaFaultReason.BusMasterOff, fault.Reason));
    }

    [Fact]
    public void The_fault_names_the_first_page_that_is_missing()
    {
        EmulatedRig rig = NewRig();
        using Accelerator accelerator = rig.Open();
        using var exerciser = LoopbackExerciser.Create(accelerator);
        SeededRandom.Run(20, random =>
        {
            ulong seen = rig.Emulated.GetStatistics().Faults;
            using SharedBuffer buffer = Prepare(accelerator, random.Next(1, 40) * Page);
            ulong start = (ulong)random.Next((int)buffer.MappedLength / 64) * 64;
            exerciser.Start(LoopbackMode.Read, buffer.IoAddress + start, default, 64ul << 20);
            Assert.False(exerciser.Wait(Patience, Stop).IsSuccess);
            Assert.Equal(seen + 1, rig.Emulated.GetStatistics().Faults);
            Assert.Equal(buffer.IoAddress + buffer.MappedLength, rig.Emulated.Faults[^1].Address);
        });
    }

    [Fact]
    public void Memory_released_under_a_running_copy_stops_it_and_is_safe()
    {
        EmulatedRig rig = NewRig();
        using Accelerator accelerator = rig.Open();
        using var exerciser = LoopbackExerciser.Create(accelerator);
        for (int i = 0; i < 20; i++)
        {
            using SharedBuffer source = Prepare(accelerator, 4 << 20);
            using SharedBuffer destination = Prepare(accelerator, 4 << 20);
            exerciser.Start(LoopbackMode.Loopback, source.IoAddress, destination.IoAddress, 4 << 20);
            destination.Dispose();
            exerciser.Wait(Patience, Stop); // ended, with or without a fault
        }
    }

    [Fact]
    public void Reads_and_writes_count_their_lines()
    {
        EmulatedRig rig = NewRig();
        using Accelerator accelerator = rig.Open();
        using var exerciser = LoopbackExerciser.Create(accelerator);
        using SharedBuffer source = Prepare(accelerator, Page);
        using SharedBuffer destination = Prepare(accelerator, Page);
        (LoopbackMode Mode, uint Read, uint Written)[] modes =
            [(LoopbackMode.Read, 64, 0), (LoopbackMode.Write, 0, 64), (LoopbackMode.Throughput, 64, 64)];
        foreach ((LoopbackMode mode, uint read, uint written) in modes)
        {
            exerciser.Start(mode, source.IoAddress, destination.IoAddress, Page);
            LoopbackResult result = exerciser.Wait(Patience, Stop);
            Assert.Equal((0u, read, written), (result.Errors, result.LinesRead, result.LinesWritten));
            Assert.Equal(written | ((ulong)read << 32), accelerator.Read64(0, 0x160));
            Assert.Equal(0ul, accelerator.Read64(0, 0x168));
        }

        SoftStatisticsAre(rig, runs: 3, read: 128, written: 128);
    }

    [Theory]
    [InlineData(LoopbackMode.Write)]
    [InlineData(LoopbackMode.Throughput)]
    public void What_a_run_writes_is_its_own_and_nothing_that_was_read(LoopbackMode mode)
    {
        Accelerator accelerator = Open();
        using var exerciser = LoopbackExerciser.Create(accelerator);
        using SharedBuffer secret = Prepare(accelerator, 64 * Page);
        using SharedBuffer first = Prepare(accelerator, 64 * Page);
        using SharedBuffer second = Prepare(accelerator, 64 * Page);
        secret.AsSpan().Fill(0x99);
        foreach (SharedBuffer target in (SharedBuffer[])[first, second])
        {
            exerciser.Start(LoopbackMode.Read, secret.IoAddress, default, 64 * Page);
            Assert.True(exerciser.Wait(Patience, Stop).IsSuccess);
            exerciser.Start(mode, secret.IoAddress, target.IoAddress, 64 * Page);
            Assert.True(exerciser.Wait(Patience, Stop).IsSuccess);
            Assert.Equal(0x5eed0001u, BitConverter.ToUInt32(target.AsSpan()[4..]));
        }

        Assert.True(first.AsSpan().SequenceEqual(second.AsSpan()));
        Assert.Equal(-1, first.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x99, 0x99, 0x99, 0x99]));
    }

    [Fact]
    public void Lengths_and_addresses_that_the_exerciser_cannot_take_are_refused()
    {
        Accelerator accelerator = Open();
        using var exerciser = LoopbackExerciser.Create(accelerator);
        using SharedBuffer buffer = Prepare(accelerator, Page);
        IoAddress good = buffer.IoAddress;
        Assert.Throws<ArgumentOutOfRangeException>(() => exerciser.Start(LoopbackMode.Loopback, good, good, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => exerciser.Start(LoopbackMode.Loopback, good, good, 63));
        Assert.Throws<ArgumentOutOfRangeException>(() => exerciser.Start(LoopbackMode.Loopback, good, good, 1ul << 40));
        Assert.Throws<ArgumentException>(() => exerciser.Start(LoopbackMode.Loopback, good + 1, good, 64));
        Assert.Throws<ArgumentOutOfRangeException>(() => exerciser.Start((LoopbackMode)4, good, good, 64));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => exerciser.Start(LoopbackMode.Loopback, good, good, 64, interruptVector: 99));
        Assert.Throws<ArgumentOutOfRangeException>(() => exerciser.Copy(buffer, buffer, Page + 64, Patience, Stop));
    }

    private static void SoftStatisticsAre(EmulatedRig rig, ulong runs, ulong read, ulong written)
    {
        EmulatedAcceleratorStatistics statistics = rig.Emulated.GetStatistics();
        Assert.Equal((runs, read, written), (statistics.Runs, statistics.LinesRead, statistics.LinesWritten));
    }
}
