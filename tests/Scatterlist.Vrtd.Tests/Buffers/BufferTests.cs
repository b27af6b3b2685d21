using Scatterlist.Vrtd.Emulator;

namespace Scatterlist.Vrtd.Tests;

/// <summary>What a device buffer is: its values, its descriptor, its end. Against the emulated daemon.</summary>
public sealed class BufferTests
{
    private const ulong MiB = 1 << 20;

    [Theory]
    [InlineData(WireProfile.Version1, 1)]
    [InlineData(WireProfile.Version2, 2)]
    [InlineData(WireProfile.Hardened, 2)]
    public void A_buffer_tells_what_was_asked_for_and_what_it_became(WireProfile profile, int queuePairs)
    {
        using Emulated emulated = new(profile);
        using DeviceBuffer buffer = emulated.Device.OpenHbmBuffer(5, 100, BufferAllocDirection.Bidirectional);

        Assert.Equal(0, buffer.DeviceNumber);
        Assert.Equal(BufferAllocType.Hbm, buffer.AllocType);
        Assert.Equal(BufferAllocDirection.Bidirectional, buffer.AllocDirection);
        Assert.Equal(5ul, buffer.AllocArgument);
        Assert.Equal(64 * MiB, buffer.Size);
        Assert.Equal(new DeviceAddress(0x40_A000_0000), buffer.PhysicalAddress);
        Assert.Equal(queuePairs, buffer.QueuePairCount);
        Assert.False(buffer.IsRaw);
        Assert.False(buffer.IsClosed);
        Assert.Equal("Hbm buffer at 0x40a0000000 of device 0, 67108864 bytes", buffer.ToString());
    }

    [Fact]
    public void Each_kind_of_memory_is_where_it_belongs()
    {
        using Emulated emulated = new();
        using DeviceBuffer ddr = emulated.Device.OpenDdrBuffer(1);
        using DeviceBuffer vnoc = emulated.Device.OpenHbmVnocBuffer(65 * MiB);
        using DeviceBuffer raw = emulated.Device.OpenRawBuffer(new DeviceAddress(0x600_0000_0123), 777);

        Assert.Equal((BufferAllocType.Ddr, 0x600_0000_0000ul), (ddr.AllocType, ddr.PhysicalAddress.Value));
        Assert.Equal((BufferAllocType.HbmVnoc, 0x40_0000_0000ul), (vnoc.AllocType, vnoc.PhysicalAddress.Value));
        Assert.Equal(128 * MiB, vnoc.Size);
        Assert.Equal((true, 777ul, 0ul), (raw.IsRaw, raw.Size, raw.AllocArgument));
        Assert.Equal(BufferAllocType.Ddr, raw.AllocType);
        Assert.Equal(3, emulated.Buffers);
    }

    [Fact]
    public void The_host_copy_is_all_of_the_buffer_zero_at_first_and_made_when_touched()
    {
        using Emulated emulated = new();
        using DeviceBuffer buffer = emulated.Device.OpenDdrBuffer(64 * MiB);
        buffer.Write(0, Pattern.Make(100));

        Assert.Equal(64 * MiB, buffer.HostData.Length);
        Assert.Same(buffer.HostData, buffer.HostData);
        Assert.False(buffer.HostData.AsSpan().ContainsAnyExcept((byte)0));
        Assert.Equal(5, buffer.HostData.GetMemory(10, 5).Length);
    }

    [Fact]
    public void A_host_copy_that_its_caller_disposed_still_syncs()
    {
        using Emulated emulated = new();
        using DeviceBuffer buffer = emulated.Device.OpenDdrBuffer(1);
        buffer.HostData.AsSpan(0, 3).Fill(9);
        buffer.HostData.Dispose();

        buffer.SyncToDevice(0, 3);

        byte[] read = new byte[3];
        buffer.Read(0, read);
        Assert.Equal([9, 9, 9], read);
    }

    [Fact]
    public void The_descriptor_s_offset_is_the_device_address()
    {
        using Emulated emulated = new();
        using DeviceBuffer buffer = emulated.Device.OpenDdrBuffer(1);
        buffer.Write(10, [1, 2, 3]);
        using Microsoft.Win32.SafeHandles.SafeFileHandle file = buffer.Descriptor.ToSafeFileHandle();

        byte[] read = new byte[3];
        RandomAccess.Read(file, read, (long)buffer.PhysicalAddress.Value + 10);

        Assert.Equal([1, 2, 3], read);
    }

    [Fact]
    public void A_released_descriptor_is_the_caller_s_and_the_buffer_moves_nothing_any_more()
    {
        using Emulated emulated = new();
        using DeviceBuffer buffer = emulated.Device.OpenDdrBuffer(1);
        buffer.HostData.AsSpan(0, 1)[0] = 42;

        using FileDescriptor released = buffer.ReleaseDescriptor();

        Assert.False(buffer.IsClosed);
        Assert.Throws<InvalidOperationException>(() => buffer.SyncToDevice(0, 1));
        Assert.Throws<InvalidOperationException>(() => buffer.Descriptor);
        Assert.Throws<InvalidOperationException>(() => buffer.ReleaseDescriptor());
        Assert.Equal(42, buffer.HostData.AsSpan(0, 1)[0]);
        Assert.Equal(1, emulated.Buffers);
        buffer.Close();
        Assert.Equal(0, emulated.Buffers);
        Assert.False(released.IsDisposed);
    }

    [Fact]
    public void A_closed_buffer_keeps_its_values_and_refuses_everything_else()
    {
        using Emulated emulated = new();
        DeviceBuffer buffer = emulated.Device.OpenDdrBuffer(1);
        buffer.Close();
        buffer.Close();
        buffer.Dispose();

        Assert.True(buffer.IsClosed);
        Assert.Equal(64 * MiB, buffer.Size);
        Assert.Throws<ObjectDisposedException>(() => buffer.HostData);
        Assert.Throws<ObjectDisposedException>(() => buffer.Descriptor);
        Assert.Throws<ObjectDisposedException>(() => buffer.ReleaseDescriptor());
        Assert.Throws<ObjectDisposedException>(() => buffer.SyncToDevice(0, 0));
        Assert.Throws<ObjectDisposedException>(() => buffer.SyncFromDevice());
        Assert.Throws<ObjectDisposedException>(() => buffer.OpenStream());
        Assert.Throws<ObjectDisposedException>(() => { _ = buffer.SyncToDeviceAsync(0, 1); });
        Assert.Throws<ObjectDisposedException>(() => buffer.Write(0, [1]));
        Assert.Equal(0, emulated.Buffers);
    }

    [Fact]
    public void Two_raw_buffers_at_one_address_see_each_other()
    {
        using Emulated emulated = new();
        using DeviceBuffer first = emulated.Device.OpenRawBuffer(new DeviceAddress(0x600_1000_0001), 100);
        using DeviceBuffer second = emulated.Device.OpenRawBuffer(new DeviceAddress(0x600_1000_0000), 100);
        first.Write(0, [5, 6, 7]);

        byte[] read = new byte[4];
        second.Read(0, read);

        Assert.Equal([0, 5, 6, 7], read);
    }

    [Fact]
    public void Raw_buffers_of_a_version_1_daemon_cannot_be_given_back_and_closing_them_is_safe()
    {
        using Emulated emulated = new(options: new EmulatorOptions { LeakRawBuffers = true });
        DeviceBuffer raw = emulated.Device.OpenRawBuffer(new DeviceAddress(0x600_0000_0000), 4096);
        raw.Write(0, [1]);
        raw.Close();

        Assert.True(raw.IsClosed);
        Assert.Equal(1, emulated.Buffers);
        Assert.Equal(1, emulated.Session.GetNumDevices());
    }

    [Fact]
    public void Arguments_are_checked_before_the_daemon_is_asked()
    {
        using Emulated emulated = new();
        long before = emulated.Daemon.GetStatistics().Requests;

        Assert.Throws<ArgumentOutOfRangeException>(() => emulated.Device.OpenDdrBuffer(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => emulated.Device.OpenHbmBuffer(64, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => emulated.Device.OpenHbmBuffer(-1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => emulated.Device.OpenRawBuffer(new DeviceAddress(5), 0));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => emulated.Device.OpenRawBuffer(new DeviceAddress(ulong.MaxValue), 1));
        Assert.Equal(before, emulated.Daemon.GetStatistics().Requests);
    }

    [Fact]
    public void A_raw_buffer_past_the_offsets_of_files_fails_its_transfers_with_EINVAL()
    {
        using Emulated emulated = new();
        using DeviceBuffer raw = emulated.Device.OpenRawBuffer(new DeviceAddress(1ul << 63), 4096);

        Assert.Equal(IoResult.Failure(Errno.EINVAL), raw.TryWrite(0, [1]));
        VrtdException failure = Assert.Throws<VrtdException>(() => raw.SyncFromDevice());
        Assert.Contains("below 2^63", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_that_is_full_is_BUSY_with_a_remedy_and_comes_back()
    {
        using Emulated emulated = new();
        List<DeviceBuffer> region = [.. Enumerable.Range(0, 8).Select(_ => emulated.Device.OpenHbmBuffer(3, 1))];

        VrtdException full = Assert.Throws<VrtdException>(() => emulated.Device.OpenHbmBuffer(3, 1));
        Assert.Equal(VrtdReturnCode.Busy, full.ReturnCode);
        Assert.Contains("BUFFER_OPEN(device 0, HBM, 1 bytes, argument 3, Bidirectional)", full.Message,
            StringComparison.Ordinal);
        Assert.Contains("64 MiB", full.Remedy, StringComparison.Ordinal);

        region.ForEach(buffer => buffer.Dispose());
        emulated.Device.OpenHbmBuffer(3, 512 * MiB).Dispose();
    }

    [Fact]
    public void A_buffer_beyond_512_MiB_is_refused_with_the_limits()
    {
        using Emulated emulated = new();

        VrtdException refused = Assert.Throws<VrtdException>(() => emulated.Device.OpenDdrBuffer((512 * MiB) + 1));

        Assert.Equal(VrtdReturnCode.InvalidArgument, refused.ReturnCode);
        Assert.Contains("512 MiB", refused.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(WireProfile.Version1, 63)]
    [InlineData(WireProfile.Version2, 31)]
    public void Buffers_end_with_the_queue_pairs(WireProfile profile, int limit)
    {
        using Emulated emulated = new(profile);
        List<DeviceBuffer> buffers =
            [.. Enumerable.Range(0, limit).Select(_ => emulated.Device.OpenDdrBuffer(1))];

        VrtdException refused = Assert.Throws<VrtdException>(() => emulated.Device.OpenDdrBuffer(1));
        Assert.Equal(VrtdReturnCode.InternalError, refused.ReturnCode);
        Assert.Contains("queue pair", refused.Remedy, StringComparison.Ordinal);
        buffers.ForEach(buffer => buffer.Dispose());
        Assert.Equal(0, emulated.Buffers);
    }
}
