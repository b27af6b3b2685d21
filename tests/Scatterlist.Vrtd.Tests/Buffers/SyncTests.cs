using Scatterlist.Vrtd.Emulator;

namespace Scatterlist.Vrtd.Tests;

/// <summary>Which bytes a sync moves, and which it does not.</summary>
public sealed class SyncTests
{
    private const ulong Size = 64 << 20;

    [Theory]
    [InlineData(WireProfile.Version1)]
    [InlineData(WireProfile.Version2)]
    public void What_is_synced_to_the_device_comes_back(WireProfile profile)
    {
        using Emulated emulated = new(profile);
        using DeviceBuffer buffer = emulated.Device.OpenDdrBuffer(Size);
        byte[] bytes = Pattern.Make((int)Size);
        bytes.CopyTo(buffer.HostData.AsSpan());
        buffer.SyncToDevice();
        buffer.HostData.Zero();
        buffer.SyncFromDevice();

        Assert.True(bytes.AsSpan().SequenceEqual(buffer.HostData.AsSpan()));
    }

    [Theory]
    [InlineData(0ul, 1ul)]
    [InlineData(100ul, 50ul)]
    [InlineData(4095ul, 2ul)]
    [InlineData(4096ul, 4096ul)]
    [InlineData(Size - 1, 1ul)]
    [InlineData(Size - 5000, 5000ul)]
    public void A_sync_to_the_device_moves_exactly_its_bytes(ulong offset, ulong size)
    {
        using Emulated emulated = new();
        using DeviceBuffer buffer = emulated.Device.OpenDdrBuffer(Size);
        buffer.HostData.AsSpan().Fill(0xAA);

        Assert.Equal(IoResult.Success(size), buffer.TrySyncToDevice(offset, size));

        AssertChanged(ReadAll(buffer), offset, size, 0xAA);
    }

    [Theory]
    [InlineData(0ul, 1ul)]
    [InlineData(100ul, 50ul)]
    [InlineData(4095ul, 2ul)]
    [InlineData(Size - 1, 1ul)]
    public void A_sync_from_the_device_moves_exactly_its_bytes(ulong offset, ulong size)
    {
        using Emulated emulated = new();
        using DeviceBuffer buffer = emulated.Device.OpenDdrBuffer(Size);
        WriteAll(buffer, 0xBB);

        Assert.Equal(IoResult.Success(size), buffer.TrySyncFromDevice(offset, size));

        AssertChanged(buffer.HostData.AsSpan(), offset, size, 0xBB);
    }

    [Theory]
    [InlineData(100ul, 50ul, 0ul, 4096ul)]
    [InlineData(4095ul, 2ul, 0ul, 8192ul)]
    [InlineData(4096ul, 4096ul, 4096ul, 4096ul)]
    [InlineData(Size - 1, 1ul, Size - 4096, 4096ul)]
    [InlineData(5000ul, 0ul, 5000ul, 0ul)]
    public void Page_mode_moves_whole_pages(ulong offset, ulong size, ulong movedOffset, ulong movedSize)
    {
        using Emulated emulated = new();
        using DeviceBuffer buffer = emulated.Device.OpenDdrBuffer(Size);
        buffer.Granularity = SyncGranularity.Pages;
        buffer.HostData.AsSpan().Fill(0xAA);

        Assert.Equal(IoResult.Success(movedSize), buffer.TrySyncToDevice(offset, size));

        AssertChanged(ReadAll(buffer), movedOffset, movedSize, 0xAA);
    }

    [Theory]
    [InlineData(4096ul, 1ul, 4096ul, 904ul)]
    [InlineData(0ul, 5000ul, 0ul, 5000ul)]
    [InlineData(4999ul, 1ul, 4096ul, 904ul)]
    public void Page_mode_never_passes_the_end_of_the_buffer(
        ulong offset, ulong size, ulong movedOffset, ulong movedSize)
    {
        using Emulated emulated = new();
        using DeviceBuffer raw = emulated.Device.OpenRawBuffer(new DeviceAddress(0x600_0000_0800), 5000);
        using DeviceBuffer around = emulated.Device.OpenRawBuffer(new DeviceAddress(0x600_0000_0000), 16384);
        raw.Granularity = SyncGranularity.Pages;
        raw.HostData.AsSpan().Fill(0xAA);

        Assert.Equal(IoResult.Success(movedSize), raw.TrySyncToDevice(offset, size));

        AssertChanged(ReadAll(around), 0x800 + movedOffset, movedSize, 0xAA);
    }

    [Theory]
    [InlineData(Size, 1ul)]
    [InlineData(0ul, Size + 1)]
    [InlineData(Size + 1, 0ul)]
    [InlineData(1ul, ulong.MaxValue)]
    [InlineData(ulong.MaxValue, 2ul)]
    [InlineData(ulong.MaxValue - 4095, 4096ul)]
    public void A_range_outside_of_the_buffer_is_refused_before_anything_moves(ulong offset, ulong size)
    {
        using Emulated emulated = new();
        using DeviceBuffer buffer = emulated.Device.OpenDdrBuffer(Size);
        ulong committed = emulated.Daemon.GetStatistics().CommittedBytes;

        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.SyncToDevice(offset, size));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.TrySyncFromDevice(offset, size));
        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = buffer.SyncToDeviceAsync(offset, size); });
        Assert.Equal(committed, emulated.Daemon.GetStatistics().CommittedBytes);
    }

    [Theory]
    [InlineData(0ul)]
    [InlineData(17ul)]
    [InlineData(Size)]
    public void A_range_of_no_bytes_does_nothing(ulong offset)
    {
        using Emulated emulated = new();
        using DeviceBuffer buffer = emulated.Device.OpenDdrBuffer(Size);
        ulong committed = emulated.Daemon.GetStatistics().CommittedBytes;
        buffer.SyncToDevice(offset, 0);
        buffer.SyncFromDevice(offset, 0);
        buffer.Write(offset, []);
        buffer.Read(offset, []);
        buffer.Granularity = SyncGranularity.Pages;
        buffer.SyncToDevice(offset, 0);

        Assert.Equal(committed, emulated.Daemon.GetStatistics().CommittedBytes);
    }

    [Fact]
    public void A_buffer_moves_only_the_way_it_was_opened_for()
    {
        using Emulated emulated = new();
        using DeviceBuffer down = emulated.Device.OpenDdrBuffer(1, BufferAllocDirection.HostToDevice);
        using DeviceBuffer up = emulated.Device.OpenRawBuffer(
            down.PhysicalAddress, down.Size, BufferAllocDirection.DeviceToHost);
        down.HostData.AsSpan(0, 4).Fill(3);
        down.SyncToDevice(0, 4);
        up.SyncFromDevice(0, 4);

        Assert.Equal([3, 3, 3, 3], up.HostData.AsSpan(0, 4).ToArray());
        Assert.Throws<InvalidOperationException>(() => down.SyncFromDevice(0, 1));
        Assert.Throws<InvalidOperationException>(() => up.SyncToDevice(0, 1));
        Assert.Throws<InvalidOperationException>(() => up.Write(0, [1]));
        Assert.Throws<InvalidOperationException>(() => { _ = down.ReadAsync(0, new byte[1]); });
        Assert.True(down.OpenStream() is { CanRead: false, CanWrite: true });
        Assert.True(up.OpenStream() is { CanRead: true, CanWrite: false });
        Assert.Throws<NotSupportedException>(() => up.OpenStream().WriteByte(1));
    }

    [Fact]
    public void Memory_that_was_never_written_reads_as_zero_and_does_not_hang()
    {
        using Emulated emulated = new(options: new EmulatorOptions { Isolation = MemoryIsolation.PerQueuePair });
        using DeviceBuffer buffer = emulated.Device.OpenDdrBuffer(Size);
        buffer.HostData.AsSpan().Fill(0xFF);
        buffer.Write(0, [1, 2, 3]);

        buffer.SyncFromDevice();

        Assert.Equal([1, 2, 3], buffer.HostData.AsSpan(0, 3).ToArray());
        Assert.False(buffer.HostData.AsSpan()[3..].ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void A_file_that_ends_early_reads_as_zero_behind_its_end()
    {
        EmulatorOptions options = new();
        options.Faults.Add(new FaultRule { Kind = FaultKind.TruncatedMemory, Length = 0 });
        using EmulatedDaemon daemon = EmulatedDaemon.Start(options with { });
        options.Faults.Clear();
        options.Faults.Add(new FaultRule
        {
            Kind = FaultKind.TruncatedMemory, Opcode = Wire.Opcode.BufferOpen, Length = 0,
        });
        using Session session = Session.FromSocket(daemon.Connect());
        using DeviceBuffer buffer = session.GetDevice(0).OpenDdrBuffer(1);
        byte[] read = [9, 9, 9];

        Assert.Equal(IoResult.Success(3), buffer.TryRead(100, read));
        Assert.Equal([0, 0, 0], read);
    }

    private static void AssertChanged(ReadOnlySpan<byte> all, ulong offset, ulong size, byte value)
    {
        Assert.False(all[..(int)offset].ContainsAnyExcept((byte)0));
        Assert.False(all.Slice((int)offset, (int)size).ContainsAnyExcept(value));
        Assert.False(all[(int)(offset + size)..].ContainsAnyExcept((byte)0));
    }

    private static byte[] ReadAll(DeviceBuffer buffer)
    {
        byte[] all = new byte[buffer.Size];
        buffer.Read(0, all);
        return all;
    }

    private static void WriteAll(DeviceBuffer buffer, byte value)
    {
        byte[] all = new byte[buffer.Size];
        all.AsSpan().Fill(value);
        buffer.Write(0, all);
    }
}
