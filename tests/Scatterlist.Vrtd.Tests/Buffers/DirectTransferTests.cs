using Scatterlist.Vrtd.Emulator;

namespace Scatterlist.Vrtd.Tests;

/// <summary>Transfers between the device and memory other than the host copy.</summary>
public sealed class DirectTransferTests
{
    [Theory]
    [InlineData(0ul, 1)]
    [InlineData(4095ul, 4098)]
    [InlineData(1_000_001ul, 3_000_003)]
    public void Spans_go_to_the_device_and_come_back(ulong offset, int length)
    {
        using Emulated emulated = new();
        using DeviceBuffer buffer = emulated.Device.OpenDdrBuffer(1);
        byte[] bytes = Pattern.Make(length);
        buffer.Write(offset, bytes);

        byte[] read = new byte[length];
        Assert.Equal(IoResult.Success((ulong)length), buffer.TryRead(offset, read));
        Assert.Equal(bytes, read);
    }

    [Fact]
    public void Constants_in_read_only_memory_can_be_written()
    {
        using Emulated emulated = new();
        using DeviceBuffer buffer = emulated.Device.OpenDdrBuffer(1);
        buffer.Write(3, "constant"u8);

        byte[] read = new byte[8];
        buffer.Read(3, read);
        Assert.Equal("constant"u8.ToArray(), read);
    }

    [Fact]
    public void Parts_of_host_buffers_go_to_the_device_and_come_back()
    {
        using Emulated emulated = new();
        using DeviceBuffer buffer = emulated.Device.OpenHbmVnocBuffer(1);
        using HostBuffer host = HostBuffer.Allocate(100_000);
        byte[] bytes = Pattern.Make(50_000);
        bytes.CopyTo(host.AsSpan(10, 50_000));
        buffer.Write(7, host, 10, 50_000);
        buffer.Read(7, host, 50_000, 50_000);

        Assert.True(bytes.AsSpan().SequenceEqual(host.AsSpan(50_000, 50_000)));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Write(0, host, 1, 100_000));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Read(0, host, nuint.MaxValue, 2));
        host.Dispose();
        Assert.Throws<ObjectDisposedException>(() => buffer.Write(0, host, 0, 1));
    }

    [Fact]
    public void Block_sequences_go_to_the_device_and_come_back()
    {
        using Emulated emulated = new();
        using DeviceBuffer buffer = emulated.Device.OpenDdrBuffer(1);
        using HostBuffer host = HostBuffer.Allocate(1 << 20);
        byte[] bytes = Pattern.Make(1 << 20);
        bytes.CopyTo(host.AsSpan());
        using BufferLease lease = host.Lease();
        Block[] blocks =
        [
            lease.Block.Slice(100, 1), default, lease.Block.Slice(4096, 70_000), lease.Block.Slice(200_000, 3),
        ];
        BlockSequence window = new BlockSequence(blocks).DropFirst(1).TakeFirst(70_002);

        Assert.Equal(IoResult.Success(70_002), buffer.TryWrite(5, window));

        byte[] read = new byte[70_002];
        buffer.Read(5, read);
        Assert.True(read.AsSpan(0, 70_000).SequenceEqual(bytes.AsSpan(4096, 70_000)));
        Assert.Equal(bytes[200_000..200_002], read[70_000..]);

        host.Zero();
        Assert.Equal(IoResult.Success(70_002), buffer.TryRead(5, window));
        Assert.True(host.AsSpan(4096, 70_000).SequenceEqual(bytes.AsSpan(4096, 70_000)));
        Assert.Equal(0, host.AsSpan(100, 1)[0]);
        Assert.Equal(0, host.AsSpan(200_002, 1)[0]);
    }

    [Fact]
    public void A_sequence_that_is_too_long_or_may_fault_is_refused()
    {
        using Emulated emulated = new();
        using DeviceBuffer buffer = emulated.Device.OpenRawBuffer(new DeviceAddress(0), 100);
        using HostBuffer host = HostBuffer.Allocate(4096);

        Assert.Throws<ArgumentOutOfRangeException>(
            () => buffer.TryWrite(0, new BlockSequence(new Block(host.Address, 101))));
        Assert.Throws<ArgumentException>(
            () => buffer.TryRead(0, new BlockSequence(new Block(host.Address, 10), mayFault: true)));
        Assert.Equal(IoResult.Success(0), buffer.TryRead(100, default(BlockSequence)));
    }

    [Fact]
    public void No_transfer_allocates()
    {
        using Emulated emulated = new();
        using DeviceBuffer buffer = emulated.Device.OpenDdrBuffer(1);
        using HostBuffer host = HostBuffer.Allocate(4096);
        using BufferLease lease = host.Lease();
        byte[] bytes = new byte[4096];
        buffer.HostData.Zero();

        AllocationMeter.AssertNone(() => buffer.SyncToDevice(0, 4096));
        AllocationMeter.AssertNone(() => buffer.SyncFromDevice(0, 4096));
        AllocationMeter.AssertNone(() => buffer.TrySyncToDevice(1, 10_000));
        AllocationMeter.AssertNone(() => buffer.Write(0, bytes));
        AllocationMeter.AssertNone(() => buffer.Read(0, bytes));
        AllocationMeter.AssertNone(() => buffer.TryWrite(0, host, 0, 4096));
        AllocationMeter.AssertNone(() => buffer.TryRead(0, lease.Sequence));
        buffer.Granularity = SyncGranularity.Pages;
        AllocationMeter.AssertNone(() => buffer.SyncToDevice(100, 50));
    }

    [Fact]
    public void Random_operations_agree_with_a_model() => SeededRandom.Run(6, random =>
    {
        using Emulated emulated = new(random.Next(2) == 0 ? WireProfile.Version1 : WireProfile.Version2);
        const int Size = (3 * 4096) + 777;
        using DeviceBuffer buffer = emulated.Device.OpenRawBuffer(
            new DeviceAddress(0x600_0000_0000 + (ulong)random.Next(10_000)), Size);
        byte[] device = new byte[Size];
        byte[] host = new byte[Size];
        for (int step = 0; step < 400; step++)
        {
            int offset = random.Next(Size + 1);
            int length = random.Next(Size - offset + 1);
            buffer.Granularity = (SyncGranularity)random.Next(2);
            int start = buffer.Granularity == SyncGranularity.Bytes || length == 0 ? offset : offset & ~4095;
            int end = buffer.Granularity == SyncGranularity.Bytes || length == 0
                ? offset + length
                : Math.Min(Size, (offset + length + 4095) & ~4095);
            byte[] bytes = new byte[length];
            switch (random.Next(5))
            {
                case 0:
                    random.NextBytes(bytes);
                    bytes.CopyTo(host.AsSpan(offset));
                    bytes.CopyTo(buffer.HostData.AsSpan((nuint)offset, length));
                    break;
                case 1:
                    buffer.SyncToDevice((ulong)offset, (ulong)length);
                    host.AsSpan(start, end - start).CopyTo(device.AsSpan(start));
                    break;
                case 2:
                    buffer.SyncFromDevice((ulong)offset, (ulong)length);
                    device.AsSpan(start, end - start).CopyTo(host.AsSpan(start));
                    break;
                case 3:
                    random.NextBytes(bytes);
                    buffer.Write((ulong)offset, bytes);
                    bytes.CopyTo(device.AsSpan(offset));
                    break;
                default:
                    buffer.Read((ulong)offset, bytes);
                    Assert.True(bytes.AsSpan().SequenceEqual(device.AsSpan(offset, length)));
                    break;
            }

            Assert.True(host.AsSpan().SequenceEqual(buffer.HostData.AsSpan()));
        }

        byte[] all = new byte[Size];
        buffer.Read(0, all);
        Assert.Equal(device, all);
    });
}
