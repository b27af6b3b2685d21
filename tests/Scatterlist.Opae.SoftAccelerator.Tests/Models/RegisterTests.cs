using System.Buffers.Binary;

namespace Scatterlist.Opae.SoftAccelerator.Tests.Models;

/// <summary>The registers as programs in other languages drive them.</summary>
public sealed class RegisterTests
{
    private const int Length = 1 << 20;

    private static Accelerator Open(EmulatedAccelerator emulated) => emulated.Open();

    // What OPAE's hello_fpga does, register by register.
    [Fact]
    public void Nlb0_runs_as_hello_fpga_drives_it()
    {
        using var emulated = new EmulatedAccelerator(
            new EmulatedAcceleratorOptions { Kind = AcceleratorKind.NativeLoopback });
        using Accelerator accelerator = Open(emulated);
        Assert.Equal(0xf89e433683f9040bul, accelerator.Read64(0, 8));
        Assert.Equal(0xd8424dc4a4a3c413ul, accelerator.Read64(0, 16));
        using SharedBuffer status = Prepare(accelerator, 2 * Length);
        using SharedBuffer input = Prepare(accelerator, 2 * Length);
        using SharedBuffer output = Prepare(accelerator, 2 * Length);
        input.AsSpan()[..Length].Fill(0xaf);
        output.AsSpan()[..Length].Fill(0xbe);
        for (int line = 0; line < Length / 64; line++)
            BinaryPrimitives.WriteInt32LittleEndian(input.AsSpan()[((line * 64) + 60)..], line + 1);

        accelerator.Reset();
        accelerator.Write64(0, 0x110, status.IoAddress.Value);
        accelerator.Write32(0, 0x138, 0);
        accelerator.Write32(0, 0x138, 1);
        accelerator.Write64(0, 0x120, input.IoAddress.Value >> 6);
        accelerator.Write64(0, 0x128, output.IoAddress.Value >> 6);
        accelerator.Write32(0, 0x130, Length / 64);
        accelerator.Write32(0, 0x140, 0x42000);
        accelerator.Write32(0, 0x138, 3);
        Eventually.True(() => (Volatile.Read(ref status.AsSpan()[0x40]) & 1) != 0, "the run does not end");
        accelerator.Write32(0, 0x138, 7);

        Assert.Equal(0ul, accelerator.Read64(0, 0x168));
        Assert.True(input.AsSpan()[..Length].SequenceEqual(output.AsSpan()[..Length]));
        Assert.Equal(-1, output.AsSpan()[Length..].IndexOfAnyExcept((byte)0));
        Assert.Equal(Length / 64, BitConverter.ToInt32(status.AsSpan()[0x50..]));
        Assert.Equal(-1, status.AsSpan()[..0x40].IndexOfAnyExcept((byte)0));
    }

    // What OPAE's host_exerciser does: the status address in two halves, NUM_LINES one less than the lines.
    [Fact]
    public void He_lb_runs_as_host_exerciser_drives_it()
    {
        using var emulated = new EmulatedAccelerator();
        using Accelerator accelerator = Open(emulated);
        ulong information = accelerator.Read64(0, 0x180);
        Assert.Equal(400ul, information & 0xffff);
        Assert.Equal(1ul, (information >> 24) & 1);
        using SharedBuffer status = Prepare(accelerator, 2048);
        using SharedBuffer input = Prepare(accelerator, 64 << 10);
        using SharedBuffer output = Prepare(accelerator, 64 << 10);
        new Random(7).NextBytes(input.AsSpan());
        accelerator.Write32(0, 0x138, 0);
        accelerator.Write32(0, 0x138, 1);
        ulong line = status.IoAddress.Value >> 6;
        accelerator.Write32(0, 0x110, (uint)line);
        accelerator.Write32(0, 0x114, (uint)(line >> 32));
        accelerator.Write64(0, 0x120, input.IoAddress.Value >> 6);
        accelerator.Write64(0, 0x128, output.IoAddress.Value >> 6);
        accelerator.Write64(0, 0x130, (64 << 10) / 64 - 1);
        accelerator.Write64(0, 0x140, 0);
        accelerator.Write32(0, 0x138, 3);
        Eventually.True(() => (Volatile.Read(ref status.AsSpan()[0]) & 1) != 0, "the run does not end");
        Assert.True(input.AsSpan().SequenceEqual(output.AsSpan()));
        Assert.Equal(1024u, BitConverter.ToUInt32(status.AsSpan()[16..]));
        Assert.Equal(1024u, BitConverter.ToUInt32(status.AsSpan()[20..]));
        Assert.NotEqual(0ul, BitConverter.ToUInt64(status.AsSpan()[8..]));
        Assert.Equal(1024ul | (1024ul << 32), accelerator.Read64(0, 0x160));
    }

    [Fact]
    public void A_start_while_in_reset_or_without_an_edge_does_nothing()
    {
        using var emulated = new EmulatedAccelerator();
        using Accelerator accelerator = Open(emulated);
        using var exerciser = LoopbackExerciser.Create(accelerator);
        using SharedBuffer buffer = Prepare(accelerator, 4096);
        accelerator.Write32(0, 0x138, 2); // start without leaving reset
        exerciser.Start(LoopbackMode.Read, buffer.IoAddress, default, 64);
        Assert.True(exerciser.Wait(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken).IsSuccess);
        accelerator.Write32(0, 0x138, 3); // no edge
        Assert.Equal(1ul, emulated.GetStatistics().Runs);
    }

    [Fact]
    public void Status_registers_are_not_to_be_written()
    {
        using var emulated = new EmulatedAccelerator();
        using Accelerator accelerator = Open(emulated);
        foreach (ulong offset in (ulong[])[0, 8, 16, 24, 0x160, 0x168, 0x170, 0x180, 0x1f8, 0x200, 0xfff8])
        {
            ulong before = accelerator.Read64(0, offset);
            accelerator.Write64(0, offset, ~before);
            Assert.Equal(before, accelerator.Read64(0, offset));
        }
    }

    [Fact]
    public void Random_writes_to_registers_harm_nobody() => SeededRandom.Run(10, random =>
    {
        using var emulated = new EmulatedAccelerator();
        using Accelerator accelerator = Open(emulated);
        using SharedBuffer buffer = Prepare(accelerator, 4096);
        using SharedBuffer innocent = Prepare(accelerator, 4096, BufferFlags.ReadOnly);
        innocent.AsSpan().Fill(0x42);
        for (int i = 0; i < 2000; i++)
        {
            ulong offset = 0x100 + ((ulong)random.Next(0x20) * 8);
            ulong value = random.Next(4) switch
            {
                0 => (ulong)random.NextInt64(),
                1 => (ulong)random.Next(8),
                2 => innocent.IoAddress.Value >> 6,
                _ => buffer.IoAddress.Value >> 6,
            };
            if (offset == 0x130)
                value &= 0xfffff; // runs of at most 64 MiB, so that the test ends
            accelerator.Write64(0, offset, value);
        }

        accelerator.Reset();
        Assert.Equal(-1, innocent.AsSpan().IndexOfAnyExcept((byte)0x42));
        using var exerciser = LoopbackExerciser.Create(accelerator);
        Assert.True(exerciser.Copy(
            buffer, innocent, 4096, TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken).IsSuccess);
    });

    [Fact]
    public void Submitting_looking_and_reading_registers_allocate_nothing()
    {
        using var emulated = new EmulatedAccelerator();
        using Accelerator accelerator = Open(emulated);
        using var exerciser = LoopbackExerciser.Create(accelerator);
        using SharedBuffer source = Prepare(accelerator, 4096);
        using SharedBuffer destination = Prepare(accelerator, 4096);
        using AcceleratorEvent ended = accelerator.RegisterEvent();
        AllocationMeter.AssertNone(() => accelerator.Write64(0, 0x100, accelerator.Read64(0, 0x100)));
        AllocationMeter.AssertNone(() => accelerator.Write32(0, 0x100, accelerator.Read32(0, 0x100)));
        int runs = 0;
        AllocationMeter.AssertNone(() =>
        {
            if (++runs % 25 == 0)
                GC.Collect(); // what the runtime keeps of types for as long as it likes would be made anew here
            exerciser.Start(LoopbackMode.Loopback, source.IoAddress, destination.IoAddress, 4096, 0);
            if (ended.Wait(TimeSpan.FromSeconds(20)) != 1 || !exerciser.TryGetResult(out _))
                throw new InvalidOperationException();
        });
    }

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new EmulatedAccelerator(new EmulatedAcceleratorOptions { ClockMegahertz = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new EmulatedAccelerator(new EmulatedAcceleratorOptions { ClockMegahertz = 65536 }));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new EmulatedAccelerator(new EmulatedAcceleratorOptions { Kind = (AcceleratorKind)9 }));
    }

    private static SharedBuffer Prepare(Accelerator accelerator, int length, BufferFlags flags = BufferFlags.None) =>
        accelerator.PrepareBuffer((nuint)length, flags, SharedBufferOptions.BasePages);
}
