using Scatterlist.Testing;
using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Emulator.Tests;

public sealed class BufferTests : IDisposable
{
    private const ulong Granule = 64UL << 20;
    private const ulong Ddr = 0x600_0000_0000;

    private readonly EmulatedDaemon _daemon = EmulatedDaemon.Start(new EmulatorOptions { DeviceCount = 2 });

    public void Dispose()
    {
        Assert.Null(_daemon.UnexpectedError);
        _daemon.Dispose();
    }

    [Fact]
    public void A_buffer_lives_from_open_to_close()
    {
        using var client = new WireClient(_daemon);
        using WireReply opened = client.Open(4096);
        Assert.Equal(Ddr, opened.Buffer.PhysicalAddress);
        Assert.Equal(Granule, opened.Buffer.Size);
        byte[] bytes = Bytes.Pattern(1, 4096);
        Assert.Equal(4096, Posix.Write(opened.Fd, bytes, Ddr));
        Assert.Equal(bytes, Posix.ReadBytes(opened.Fd, 4096, Ddr));
        Assert.Equal(VrtdReturnCode.Ok, client.Close(Ddr, Granule));
        Assert.Equal(VrtdReturnCode.NotExist, client.Close(Ddr, Granule));
        Assert.Equal(1, _daemon.GetStatistics().QueuePairs / 2);
    }

    [Fact]
    public void Never_written_memory_reads_as_zeros_to_the_last_byte()
    {
        using var client = new WireClient(_daemon);
        using WireReply opened = client.OpenRaw(0, 1);
        foreach (ulong address in (ulong[])[0, 0x40_0000_0000, Ddr, 0x608_0000_0000 - 4096])
            Assert.All(Posix.ReadBytes(opened.Fd, 4096, address), value => Assert.Equal(0, value));
        Assert.Equal(0UL, _daemon.GetStatistics().CommittedBytes);
    }

    [Fact]
    public void Two_raw_buffers_at_the_same_address_see_each_other()
    {
        using var first = new WireClient(_daemon);
        using var second = new WireClient(_daemon);
        using WireReply writer = first.OpenRaw(Ddr + 0x1000, 4096);
        using WireReply reader = second.OpenRaw(Ddr + 0x1000, 4096);
        Posix.Write(writer.Fd, "seen"u8, Ddr + 0x1000);
        Assert.Equal("seen"u8.ToArray(), Posix.ReadBytes(reader.Fd, 4, Ddr + 0x1000));
    }

    [Fact]
    public void Devices_do_not_share_memory()
    {
        using var client = new WireClient(_daemon);
        using WireReply zero = client.Open(1);
        using WireReply one = client.Open(1, device: 1);
        Posix.Write(zero.Fd, "zero"u8, Ddr);
        Assert.Equal(new byte[4], Posix.ReadBytes(one.Fd, 4, Ddr));
    }

    [Fact]
    public void Every_descriptor_has_a_file_position_of_its_own()
    {
        using var client = new WireClient(_daemon);
        using WireReply first = client.Open(1);
        using WireReply second = client.Open(1);
        Assert.Equal((long)Ddr, Posix.Seek(first.Fd, Ddr));
        Assert.Equal(0, Posix.Seek(second.Fd, 0, whence: 1));
    }

    [Theory]
    [InlineData(BufferAllocDirection.Bidirectional, Posix.OpenReadWrite)]
    [InlineData(BufferAllocDirection.HostToDevice, Posix.OpenWriteOnly)]
    [InlineData(BufferAllocDirection.DeviceToHost, Posix.OpenReadOnly)]
    public void A_descriptor_moves_bytes_in_its_direction_only(BufferAllocDirection direction, int mode)
    {
        using var client = new WireClient(_daemon);
        using WireReply opened = client.Open(1, direction: direction);
        using WireReply raw = client.OpenRaw(0, 1, direction);
        Assert.Equal(mode, Posix.AccessMode(opened.Fd));
        Assert.Equal(mode, Posix.AccessMode(raw.Fd));
        if (mode == Posix.OpenWriteOnly)
            Assert.Equal(-(long)Errno.EBADF, Posix.Read(opened.Fd, new byte[1], Ddr));
        if (mode == Posix.OpenReadOnly)
            Assert.Equal(-(long)Errno.EBADF, Posix.Write(opened.Fd, new byte[1], Ddr));
    }

    [Fact]
    public void No_client_can_truncate_the_cards_memory()
    {
        using var client = new WireClient(_daemon);
        using WireReply opened = client.Open(1);
        Assert.Equal(-(long)Errno.EPERM, Posix.Truncate(opened.Fd, 0));
        Assert.Equal(-(long)Errno.EPERM, Posix.Truncate(opened.Fd, 1UL << 50));
    }

    [Fact]
    public void A_descriptor_outlives_its_buffer()
    {
        using var client = new WireClient(_daemon);
        using WireReply opened = client.Open(1);
        client.Close(Ddr, Granule);
        Assert.Equal(4, Posix.Write(opened.Fd, "late"u8, Ddr));
    }

    [Fact]
    public void Only_its_own_connection_can_close_a_buffer()
    {
        using var owner = new WireClient(_daemon);
        using var other = new WireClient(_daemon);
        using WireReply opened = owner.Open(1);
        Assert.Equal(VrtdReturnCode.AuthError, other.Close(Ddr, Granule));
        Assert.Equal(VrtdReturnCode.Ok, owner.Close(Ddr, Granule));
    }

    [Fact]
    public void A_close_is_checked_in_the_daemons_order()
    {
        using var client = new WireClient(_daemon);
        using WireReply opened = client.Open(1);
        Assert.Equal(VrtdReturnCode.InvalidArgument, client.Close(Ddr + Granule, 0));
        Assert.Equal(VrtdReturnCode.NotExist, client.Close(Ddr + Granule, Granule));
        Assert.Equal(VrtdReturnCode.InvalidArgument, client.Close(Ddr, 4096));
        Assert.Equal(VrtdReturnCode.AuthError, client.Close(Ddr, Granule, device: 2));
    }

    [Fact]
    public void Freed_memory_is_zero_for_the_next_owner_and_costs_nothing()
    {
        using var client = new WireClient(_daemon);
        using (WireReply opened = client.Open(1))
            Posix.Write(opened.Fd, Bytes.Pattern(2, 1 << 20), Ddr);
        Assert.Equal(1UL << 20, _daemon.GetStatistics().CommittedBytes);
        client.Close(Ddr, Granule);
        Assert.Equal(0UL, _daemon.GetStatistics().CommittedBytes);
        using WireReply next = client.Open(1);
        Assert.Equal(Ddr, next.Buffer.PhysicalAddress);
        Assert.All(Posix.ReadBytes(next.Fd, 1 << 20, Ddr), value => Assert.Equal(0, value));
    }

    [Fact]
    public void Disconnecting_frees_what_was_open_on_every_device()
    {
        using (var client = new WireClient(_daemon))
        {
            using WireReply zero = client.Open(1);
            using WireReply one = client.Open(1, device: 1);
            using WireReply raw = client.OpenRaw(5, 5);
            Posix.Write(zero.Fd, new byte[8192], Ddr);
            Assert.Equal(3, _daemon.GetStatistics().Buffers);
        }

        Eventually.True(() => _daemon.GetStatistics().Connections == 0, "the connection ends");
        EmulatorStatistics after = _daemon.GetStatistics();
        Assert.Equal((0, 2, 0UL, 0UL), (after.Buffers, after.QueuePairs, after.AllocatedBytes, after.CommittedBytes));
        using var next = new WireClient(_daemon);
        using WireReply reused = next.Open(1);
        Assert.Equal(Ddr, reused.Buffer.PhysicalAddress);
    }

    [Fact]
    public void Raw_buffers_can_be_closed_and_leave_their_bytes()
    {
        using var client = new WireClient(_daemon);
        using WireReply raw = client.OpenRaw(Ddr + 12345, 999);
        Posix.Write(raw.Fd, "kept"u8, Ddr + 12345);
        Assert.Equal(VrtdReturnCode.Ok, client.Close(Ddr + 12345, 999));
        using WireReply again = client.OpenRaw(Ddr, 1 << 20);
        Assert.Equal("kept"u8.ToArray(), Posix.ReadBytes(again.Fd, 4, Ddr + 12345));
    }

    [Fact]
    public void Raw_buffers_take_any_address_but_not_any_direction_or_no_size()
    {
        using var client = new WireClient(_daemon);
        using WireReply far = client.OpenRaw(ulong.MaxValue, ulong.MaxValue);
        Assert.Equal(VrtdReturnCode.Ok, far.Code);
        Assert.Equal(VrtdReturnCode.InvalidArgument, client.OpenRaw(0, 0).Code);
        Assert.Equal(VrtdReturnCode.InvalidArgument, client.OpenRaw(0, 1, (BufferAllocDirection)3).Code);
    }

    [Fact]
    public void Opening_and_closing_a_thousand_times_leaves_nothing()
    {
        using var client = new WireClient(_daemon);
        for (int i = 0; i < 1000; i++)
        {
            using WireReply opened = client.Open(1, BufferAllocType.HbmVnoc);
            Assert.Equal(VrtdReturnCode.Ok, client.Close(opened.Buffer.PhysicalAddress, opened.Buffer.Size));
        }

        Assert.Equal((0, 0UL), (_daemon.GetStatistics().Buffers, _daemon.GetStatistics().AllocatedBytes));
    }

    [Fact]
    public void A_refused_open_leaves_nothing()
    {
        using var client = new WireClient(_daemon);
        Assert.Equal(VrtdReturnCode.InvalidArgument, client.Open(1, direction: (BufferAllocDirection)3).Code);
        Assert.Equal(VrtdReturnCode.InvalidArgument, client.Open(1, (BufferAllocType)9).Code);
        Assert.Equal(VrtdReturnCode.InvalidArgument, client.Open(0).Code);
        Assert.Equal(VrtdReturnCode.Busy, client.Open(ulong.MaxValue).Code);
        Assert.Equal(0, _daemon.GetStatistics().Buffers);
        Assert.Equal(VrtdReturnCode.BadRequest, client.CodeOf(Opcode.BufferOpen, new byte[27]));
    }
}
