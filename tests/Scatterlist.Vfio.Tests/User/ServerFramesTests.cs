using System.Text.Json;
using Scatterlist.HostFd;

namespace Scatterlist.Vfio.Tests.User;

/// <summary>The server's answers byte for byte, to frames that were not made by our client.</summary>
public sealed class ServerFramesTests : IDisposable
{
    private const uint EInval = 22;
    private const uint EAcces = 13;

    private readonly TempDirectory _directory = new();
    private readonly TestCard _card = new();
    private readonly VfioUserServer _server;

    public ServerFramesTests()
    {
        _server = VfioUserServer.Start(
            _directory["card"], _card, new VfioUserServerOptions { PeerTimeout = TimeSpan.FromSeconds(2) });
    }

    public void Dispose()
    {
        _server.Dispose();
        _card.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void Version_is_answered_with_the_lower_minor_and_what_the_server_can_do()
    {
        using RawClient client = new(_server.Path, sayVersion: false);
        RawClient.Answer answer = client.Version(0, 9);
        Assert.Equal(new byte[] { 0, 0, 1, 0 }, answer.Payload[..4]);
        Assert.Equal(0, answer.Payload[^1]);
        using JsonDocument text = JsonDocument.Parse(answer.Payload.AsMemory(4, answer.Payload.Length - 5));
        JsonElement capabilities = text.RootElement.GetProperty("capabilities");
        Assert.Equal(8, capabilities.GetProperty("max_msg_fds").GetInt32());
        Assert.Equal(1 << 20, capabilities.GetProperty("max_data_xfer_size").GetInt32());
        Assert.InRange(capabilities.GetProperty("max_dma_maps").GetInt32(), 1, 65535);
        Assert.Equal(4096u, capabilities.GetProperty("pgsizes").GetUInt64() & 0x1fff);
        Assert.False(capabilities.TryGetProperty("twin_socket", out _));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("{}")]
    [InlineData("{\"capabilities\":{}}")]
    [InlineData("{\"other\":[1,2,{}],\"capabilities\":{\"twin_socket\":{\"supported\":true},\"x\":null}}")]
    public void A_version_text_may_be_missing_or_have_members_that_nobody_knows(string? text)
    {
        using RawClient client = new(_server.Path, sayVersion: false);
        Assert.Equal(0u, client.Version(0, 0, text).Error);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{\"capabilities\":[]}")]
    [InlineData("{\"capabilities\":{\"max_msg_fds\":\"8\"}}")]
    [InlineData("{\"capabilities\":{\"max_data_xfer_size\":0}}")]
    [InlineData("{\"capabilities\":{\"max_data_xfer_size\":-1}}")]
    [InlineData("{} {}")]
    [InlineData("{\"a\":[[[[[[[[[[[[]]]]]]]]]]]]}")]
    public void A_version_text_that_is_none_ends_the_connection(string text)
    {
        using RawClient client = new(_server.Path, sayVersion: false);
        Assert.Equal(EInval, client.Version(0, 1, text).Error);
        Assert.Null(client.Receive());
        using RawClient next = new(_server.Path);
    }

    [Fact]
    public void Another_major_version_is_refused()
    {
        using RawClient client = new(_server.Path, sayVersion: false);
        Assert.Equal(93u, client.Version(1, 0).Error);
        Assert.Null(client.Receive());
    }

    [Fact]
    public void Nothing_is_answered_before_the_version()
    {
        using RawClient client = new(_server.Path, sayVersion: false);
        Assert.Equal(EInval, client.Ask(4, RawClient.Pack(16u, 0u, 0u, 0u)).Error);
        Assert.Null(client.Receive());
    }

    [Fact]
    public void The_device_is_described()
    {
        using RawClient client = new(_server.Path);
        Assert.Equal(RawClient.Pack(16u, 3u, 9u, 5u), client.Ask(4, RawClient.Pack(16u, 0u, 0u, 0u)).Payload);
        Assert.Equal(
            RawClient.Pack(32u, 3u, 0u, 0u, 4096ul, 0ul),
            client.Ask(5, RawClient.Pack(32u, 0u, 0u, 0u, 0ul, 0ul)).Payload);
        Assert.Equal(
            RawClient.Pack(16u, 3u, 2u, 8u), client.Ask(7, RawClient.Pack(16u, 0u, 2u, 0u)).Payload);
        Assert.Equal(
            RawClient.Pack(16u, 0u, 0u, 0u), client.Ask(6, RawClient.Pack(16u, 0u, 0u, 0u)).Payload);
    }

    [Fact]
    public void A_region_with_areas_needs_room_for_them()
    {
        using RawClient client = new(_server.Path);
        RawClient.Answer small = client.Ask(5, RawClient.Pack(32u, 0u, 2u, 0u, 0ul, 0ul));
        Assert.Equal(RawClient.Pack(80u, 15u, 2u, 0u, 65536ul, 0ul), small.Payload);
        Assert.Equal(0, client.Descriptors.Count);
        RawClient.Answer full = client.Ask(5, RawClient.Pack(80u, 0u, 2u, 0u, 0ul, 0ul));
        Assert.Equal(
            RawClient.Pack(
                80u, 15u, 2u, 32u, 65536ul, 0ul, (ushort)1, (ushort)1, 0u, 2u, 0u, 0ul, 8192ul, 16384ul, 49152ul),
            full.Payload);
        Assert.Equal(1, client.Descriptors.Count);
    }

    [Fact]
    public void Regions_are_read_and_written()
    {
        using RawClient client = new(_server.Path);
        byte[] head = RawClient.Pack(8ul, 0u, 4u);
        Assert.Equal(head, client.Ask(10, [.. head, 1, 2, 3, 4]).Payload);
        Assert.Equal([.. head, 1, 2, 3, 4], client.Ask(9, head).Payload);
    }

    [Fact]
    public void Commands_may_be_sent_ahead_and_are_answered_in_order()
    {
        using RawClient client = new(_server.Path);
        var frames = new List<byte>();
        for (ushort i = 0; i < 50; i++)
        {
            frames.AddRange(RawClient.Frame(i, 10, 0, 0, [.. RawClient.Pack(0ul, 0u, 2u), (byte)i, 0]));
            frames.AddRange(RawClient.Frame((ushort)(1000 + i), 9, 0, 0, RawClient.Pack(0ul, 0u, 2u)));
        }

        Assert.True(client.Send(frames.ToArray()));
        for (ushort i = 0; i < 50; i++)
        {
            Assert.Equal(i, client.Receive()!.Id);
            RawClient.Answer read = client.Receive()!;
            Assert.Equal(1000 + i, read.Id);
            Assert.Equal(i, read.Payload[16]);
        }
    }

    [Fact]
    public void A_command_that_wants_no_reply_gets_none()
    {
        using RawClient client = new(_server.Path);
        byte[] head = RawClient.Pack(0ul, 0u, 1u);
        Assert.True(client.Send(RawClient.Frame(1, 10, 0x10, 0, [.. head, 9])));
        Assert.True(client.Send(RawClient.Frame(2, 10, 0x10, 0, [.. RawClient.Pack(0ul, 99u, 1u), 9]))); // an error
        Assert.Equal([.. head, 9], client.Ask(9, head).Payload);
    }

    [Theory]
    [InlineData(0ul, 0u, 0u)]
    [InlineData(4096ul, 0u, 1u)]
    [InlineData(4095ul, 0u, 2u)]
    [InlineData(ulong.MaxValue, 0u, 2u)]
    [InlineData(0ul, 0u, (1u << 20) + 1)]
    [InlineData(0ul, 0u, uint.MaxValue)]
    [InlineData(0ul, 1u, 1u)]
    [InlineData(0ul, 9u, 1u)]
    [InlineData(0ul, uint.MaxValue, 1u)]
    public void Accesses_outside_are_refused(ulong offset, uint region, uint count)
    {
        using RawClient client = new(_server.Path);
        byte[] head = RawClient.Pack(offset, region, count);
        Assert.Equal(EInval, client.Ask(9, head).Error);
        Assert.Equal(EInval, client.Ask(10, [.. head, .. new byte[Math.Min(count, 64)]]).Error);
        Assert.Equal(0u, client.Ask(9, RawClient.Pack(0ul, 0u, 8u)).Error);
    }

    [Fact]
    public void Payloads_of_a_wrong_length_are_refused()
    {
        using RawClient client = new(_server.Path);
        foreach (ushort command in new ushort[] { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 })
        {
            foreach (int length in new[] { 0, 1, 3, 11, 17, 31, 33, 100, 5000 })
                Assert.Equal(EInval, client.Ask(command, new byte[length]).Error);
        }

        Assert.Equal(EInval, client.Ask(13, new byte[1]).Error);
        Assert.Equal(95u, client.Ask(15, new byte[16]).Error);
        Assert.Equal(95u, client.Ask(16, new byte[16]).Error);
        Assert.Equal(95u, client.Ask(999, []).Error);
        Assert.Equal(0u, client.Ask(13, []).Error);
    }

    [Fact]
    public void Memory_is_mapped_reached_and_unmapped()
    {
        using RawClient client = new(_server.Path);
        using HostBuffer memory = HostBuffer.Allocate(8192, new HostBufferOptions { IsShareable = true });
        int fd = memory.Descriptor!.Value;
        Assert.Equal(0u, client.Ask(2, RawClient.Pack(32u, 3u, 4096ul, 0x7000ul, 4096ul), fd).Error);
        Assert.Equal(Errno.None, _card.Dma.Write(new IoAddress(0x7ffe), [1, 2]));
        Assert.Equal([1, 2], memory.AsSpan(8190, 2).ToArray());
        Assert.Equal(17u, client.Ask(2, RawClient.Pack(32u, 3u, 0ul, 0x7000ul, 4096ul), fd).Error);
        Assert.Equal(EInval, client.Ask(3, RawClient.Pack(24u, 0u, 0x7000ul, 8192ul)).Error);
        byte[] unmap = RawClient.Pack(24u, 0u, 0x7000ul, 4096ul);
        Assert.Equal(unmap, client.Ask(3, unmap).Payload);
        Assert.Equal(Errno.EFAULT, _card.Dma.Write(new IoAddress(0x7ffe), [1, 2]));
        // What is not there is unmapped with success and no bytes, as the kernel does it.
        Assert.Equal(RawClient.Pack(24u, 0u, 0x7000ul, 0ul), client.Ask(3, unmap).Payload);
        Assert.Equal(0u, client.Ask(2, RawClient.Pack(32u, 3u, 4096ul, 0x7000ul, 4096ul), fd).Error);
        Assert.Equal(0u, client.Ask(3, RawClient.Pack(24u, 2u, 0ul, 0ul)).Error);
        Assert.Equal(0, _card.Dma.Count);
    }

    [Theory]
    [InlineData(31u, 3u, 0ul, 0x1000ul, 0x1000ul)]
    [InlineData(32u, 0u, 0ul, 0x1000ul, 0x1000ul)]
    [InlineData(32u, 0x13u, 0ul, 0x1000ul, 0x1000ul)]
    [InlineData(32u, 3u, 1ul, 0x1000ul, 0x1000ul)]
    [InlineData(32u, 3u, 0ul, 0x1001ul, 0x1000ul)]
    [InlineData(32u, 3u, 0ul, 0x1000ul, 0x1001ul)]
    [InlineData(32u, 3u, 0ul, 0x1000ul, 0ul)]
    [InlineData(32u, 3u, 0ul, 0xfffffffffffff000ul, 0x2000ul)]
    [InlineData(32u, 3u, 0x2000ul, 0x1000ul, 0x1000ul)]
    [InlineData(32u, 3u, 0ul, 0x1000ul, 0x3000ul)]
    [InlineData(32u, 3u, 0x7ffffffffffff000ul, 0x1000ul, 0x1000ul)]
    [InlineData(32u, 3u, 0xfffffffffffff000ul, 0x1000ul, 0x2000ul)]
    public void Mappings_that_are_not_sound_are_refused(
        uint size, uint flags, ulong offset, ulong address, ulong length)
    {
        using RawClient client = new(_server.Path);
        using HostBuffer memory = HostBuffer.Allocate(8192, new HostBufferOptions { IsShareable = true });
        byte[] map = RawClient.Pack(size, flags, offset, address, length);
        Assert.Equal(EInval, client.Ask(2, map, memory.Descriptor!.Value).Error);
        Assert.Equal(0, _card.Dma.Count);
    }

    [Fact]
    public void Only_files_are_memory()
    {
        using RawClient client = new(_server.Path);
        using FileDescriptor events = Native.EventFd();
        using FileDescriptor readOnly = HostFile.Open("/proc/self/exe", OpenFlags.ReadOnly);
        byte[] map = RawClient.Pack(32u, 3u, 0ul, 0x1000ul, 4096ul);
        Assert.Equal(EInval, client.Ask(2, map, events.Value).Error);
        Assert.Equal(EAcces, client.Ask(2, map, readOnly.Value).Error);
        Assert.Equal(EInval, client.Ask(2, map, events.Value, events.Value).Error);
        Assert.Equal(0, _card.Dma.Count);
    }

    [Fact]
    public void Memory_that_its_owner_cuts_short_is_a_fault_and_not_the_servers_end()
    {
        using RawClient client = new(_server.Path);
        using FileDescriptor memory = Native.MemFd(8192);
        Assert.Equal(0u, client.Ask(2, RawClient.Pack(32u, 3u, 0ul, 0x1000ul, 8192ul), memory.Value).Error);
        Assert.Equal(Errno.None, _card.Dma.Write(new IoAddress(0x1fff), [5, 6]));
        var bytes = new byte[2];
        Assert.Equal(Errno.None, _card.Dma.Read(new IoAddress(0x1fff), bytes));
        Assert.Equal([5, 6], bytes);
        Native.Truncate(memory, 4096);
        Assert.Equal(Errno.EFAULT, _card.Dma.Read(new IoAddress(0x2000), bytes));
        Assert.Equal(
            Errno.EOPNOTSUPP,
            _card.Dma.Translate(new IoAddress(0x1000), 1, DmaAccess.Read, new DmaTranslation()));
    }

    [Fact]
    public void Memory_without_a_descriptor_is_asked_for()
    {
        using RawClient client = new(_server.Path);
        Assert.Equal(0u, client.Ask(2, RawClient.Pack(32u, 3u, 0ul, 0x1000ul, 4096ul)).Error);
        var bytes = new byte[3];
        Task<Errno> read = Task.Run(() => _card.Dma.Read(new IoAddress(0x1001), bytes));
        RawClient.Answer asked = client.Receive()!;
        Assert.Equal((11, 0u), (asked.Command, asked.Flags));
        Assert.Equal(RawClient.Pack(0x1001ul, 3ul), asked.Payload);
        // A command of ours in between is answered all the same.
        Assert.True(client.Send(RawClient.Frame(77, 9, 0, 0, RawClient.Pack(0ul, 0u, 1u))));
        Assert.Equal(77, client.Receive()!.Id);
        Assert.True(client.Send(RawClient.Frame(asked.Id, 11, 1, 0, [.. asked.Payload, 7, 8, 9])));
        Assert.Equal(Errno.None, read.GetAwaiter().GetResult());
        Assert.Equal([7, 8, 9], bytes);

        // The reply to a write has a count of 4 bytes in the text and of 8 in the first implementation.
        foreach (int length in new[] { 12, 16 })
        {
            Task<Errno> write = Task.Run(() => _card.Dma.Write(new IoAddress(0x1001), [1, 2]));
            asked = client.Receive()!;
            Assert.Equal([.. RawClient.Pack(0x1001ul, 2ul), 1, 2], asked.Payload);
            Assert.True(client.Send(RawClient.Frame(asked.Id, 12, 1, 0, asked.Payload.AsSpan(0, length))));
            Assert.Equal(Errno.None, write.GetAwaiter().GetResult());
        }
    }

    [Fact]
    public void Commands_are_answered_while_the_device_waits_for_the_client()
    {
        using RawClient client = new(_server.Path);
        Assert.Equal(0u, client.Ask(2, RawClient.Pack(32u, 3u, 0ul, 0x1000ul, 4096ul)).Error);
        using var goOn = new ManualResetEventSlim();
        Task<Errno>? read = null;
        _card.OnWrite = () =>
        {
            // While the server's thread is at work here, the device receives for itself.
            read = Task.Run(() => _card.Dma.Read(new IoAddress(0x1000), new byte[2]));
            goOn.Wait(TimeSpan.FromSeconds(20));
        };
        Assert.True(client.Send(RawClient.Frame(5, 10, 0, 0, RawClient.Pack(0ul, 0u, 8u, 1ul))));
        RawClient.Answer asked = client.Receive()!;
        Assert.Equal(11, asked.Command);
        _card.OnWrite = null;
        goOn.Set();
        Assert.Equal(5, client.Receive()!.Id);
        for (ushort id = 70; id < 80; id++)
        {
            Assert.True(client.Send(RawClient.Frame(id, 9, 0, 0, RawClient.Pack(0ul, 0u, 1u))));
            Assert.Equal(id, client.Receive()?.Id);
        }

        Assert.True(client.Send(RawClient.Frame(asked.Id, 11, 1, 0, [.. asked.Payload, 7, 8])));
        Assert.Equal(Errno.None, read!.GetAwaiter().GetResult());
    }

    [Fact]
    public void A_clients_error_to_a_DMA_request_is_the_devices_error()
    {
        using RawClient client = new(_server.Path);
        Assert.Equal(0u, client.Ask(2, RawClient.Pack(32u, 3u, 0ul, 0x1000ul, 4096ul)).Error);
        Task<Errno> read = Task.Run(() => _card.Dma.Read(new IoAddress(0x1000), new byte[8]));
        RawClient.Answer asked = client.Receive()!;
        Assert.True(client.Send(RawClient.Frame(asked.Id, 11, 0x21, 14, [])));
        Assert.Equal(Errno.EFAULT, read.GetAwaiter().GetResult());
        Assert.Equal(0u, client.Ask(9, RawClient.Pack(0ul, 0u, 1u)).Error);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_client_that_does_not_answer_or_goes_away_ends_the_DMA(bool goesAway)
    {
        using RawClient client = new(_server.Path);
        Assert.Equal(0u, client.Ask(2, RawClient.Pack(32u, 3u, 0ul, 0x1000ul, 4096ul)).Error);
        Task<Errno> read = Task.Run(() => _card.Dma.Read(new IoAddress(0x1000), new byte[8]));
        Assert.NotNull(client.Receive());
        if (goesAway)
            client.Dispose();
        Assert.Contains(read.GetAwaiter().GetResult(), new[] { Errno.ETIMEDOUT, Errno.ECONNRESET });
        Eventually.True(() => !_card.IsAttached, "The card was not given back.");
    }

    [Fact]
    public void A_reply_that_nobody_waits_for_ends_the_connection()
    {
        using RawClient client = new(_server.Path);
        Assert.True(client.Send(RawClient.Frame(1, 11, 1, 0, new byte[24])));
        Assert.Null(client.Receive());
        using RawClient next = new(_server.Path);
    }

    [Fact]
    public void A_second_client_hears_that_the_device_is_busy()
    {
        using RawClient first = new(_server.Path);
        using (RawClient second = new(_server.Path, sayVersion: false))
            Assert.Equal(16u, second.Version(0, 1).Error);
        VfioException e = Assert.Throws<VfioException>(() => VfioUserDevice.Connect(_server.Path));
        Assert.Equal(Errno.EBUSY, e.Errno);
        Assert.NotNull(e.Remedy);
        Assert.Equal(0u, first.Ask(13, []).Error);
    }

    [Fact]
    public void What_a_client_leaves_behind_is_let_go_and_the_device_keeps_its_state()
    {
        using HostBuffer memory = HostBuffer.Allocate(
            4096, new HostBufferOptions { IsShareable = true, Name = "sgl-left-behind" });
        using FileDescriptor events = Native.EventFd();
        using (RawClient client = new(_server.Path))
        {
            Assert.Equal(
                0u, client.Ask(2, RawClient.Pack(32u, 3u, 0ul, 0x1000ul, 4096ul), memory.Descriptor!.Value).Error);
            Assert.Equal(0u, client.Ask(8, RawClient.Pack(20u, 0x24u, 2u, 0u, 1u), events.Value).Error);
            Assert.Equal(0u, client.Ask(10, RawClient.Pack(0ul, 0u, 1u, new byte[] { 42 })).Error);
            Assert.True(_card.RaiseInterrupt(InterruptKind.MsiX, 0));
            Assert.Equal(2, Mappings.Count("sgl-left-behind")); // ours and the server's
        }

        Eventually.True(() => !_card.IsAttached, "The card was not given back.");
        Assert.Equal(0, _card.Dma.Count);
        Assert.Equal(1, Mappings.Count("sgl-left-behind"));
        Assert.False(_card.RaiseInterrupt(InterruptKind.MsiX, 0));
        using RawClient next = new(_server.Path);
        Assert.Equal(42, next.Ask(9, RawClient.Pack(0ul, 0u, 1u)).Payload[16]);
    }

    [Theory]
    [InlineData(0x24u, 2u, 0u, 9u, 0)] // too many vectors
    [InlineData(0x24u, 2u, 8u, 1u, 0)]
    [InlineData(0x24u, 2u, uint.MaxValue, 2u, 0)]
    [InlineData(0x24u, 5u, 0u, 1u, 0)] // no such index
    [InlineData(0x24u, uint.MaxValue, 0u, 1u, 0)]
    [InlineData(0x24u, 2u, 0u, 2u, 1)] // fewer descriptors than vectors
    [InlineData(0x24u, 2u, 0u, 1u, 2)]
    [InlineData(0x24u, 2u, 0u, 0u, 0)]
    [InlineData(0x21u, 2u, 0u, 1u, 1)] // descriptors without a use
    [InlineData(0x23u, 2u, 0u, 1u, 0)] // two kinds of data
    [InlineData(0x39u, 2u, 0u, 1u, 0)] // three actions
    [InlineData(0x01u, 2u, 0u, 1u, 0)] // none
    [InlineData(0x61u, 2u, 0u, 1u, 0)] // unknown flags
    [InlineData(0x22u, 2u, 0u, 1u, 0)] // no data
    public void Interrupt_settings_that_are_not_sound_are_refused(
        uint flags, uint index, uint start, uint count, int descriptors)
    {
        using RawClient client = new(_server.Path);
        using FileDescriptor events = Native.EventFd();
        byte[] set = RawClient.Pack(20u, flags, index, start, count);
        Assert.Equal(EInval, client.Ask(8, set, [.. Enumerable.Repeat(events.Value, descriptors)]).Error);
        Assert.False(_card.RaiseInterrupt(InterruptKind.MsiX, 0));
    }

    [Fact]
    public void Vectors_are_fired_and_masked_by_a_list_of_truths()
    {
        using RawClient client = new(_server.Path);
        using FileDescriptor a = Native.EventFd();
        using FileDescriptor b = Native.EventFd();
        Assert.Equal(0u, client.Ask(8, RawClient.Pack(20u, 0x24u, 2u, 3u, 2u), a.Value, b.Value).Error);
        Assert.Equal(0u, client.Ask(8, RawClient.Pack(22u, 0x22u, 2u, 3u, 2u, new byte[] { 0, 1 })).Error);
        Assert.Equal((0ul, 1ul), (Native.TakeEvents(a), Native.TakeEvents(b)));
        Assert.Equal(0u, client.Ask(8, RawClient.Pack(22u, 0x0au, 2u, 3u, 2u, new byte[] { 1, 0 })).Error);
        _card.RaiseInterrupt(InterruptKind.MsiX, 3);
        Assert.Equal(0u, Native.TakeEvents(a));
        Assert.Equal(0u, client.Ask(8, RawClient.Pack(20u, 0x11u, 2u, 3u, 2u)).Error);
        Assert.Equal(1u, Native.TakeEvents(a));
        Assert.Equal(0u, client.Ask(8, RawClient.Pack(20u, 0x21u, 2u, 0u, 0u)).Error);
        Assert.False(_card.RaiseInterrupt(InterruptKind.MsiX, 3));
    }

    [Fact]
    public void The_socket_is_for_the_user_alone()
    {
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_server.Path));
        Assert.Equal(Errno.EADDRINUSE, Assert.Throws<VfioException>(() => VfioUserServer.Start(_server.Path, _card)).Errno);
    }

    [Fact]
    public void A_message_that_stops_half_way_does_not_hold_the_device()
    {
        using RawClient client = new(_server.Path);
        Assert.True(client.Send(RawClient.Frame(1, 9, 0, 0, RawClient.Pack(0ul, 0u, 1u)).AsSpan(0, 20)));
        Assert.Null(client.Receive());
        Eventually.True(() => !_card.IsAttached, "The card was not given back.");
        // Nor does one who says nothing at all.
        using RawClient silent = new(_server.Path, sayVersion: false);
        Assert.Null(silent.Receive());
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(15u)]
    [InlineData((1u << 20) + 33)]
    [InlineData(uint.MaxValue)]
    public void A_length_that_cannot_be_ends_the_connection(uint length)
    {
        using RawClient client = new(_server.Path);
        byte[] frame = RawClient.Frame(1, 9, 0, 0, new byte[16]);
        BitConverter.TryWriteBytes(frame.AsSpan(4), length);
        Assert.True(client.Send(frame));
        Assert.Null(client.Receive());
        using RawClient next = new(_server.Path);
    }

    [Fact]
    public void Disposing_the_server_ends_its_clients()
    {
        using RawClient client = new(_server.Path);
        _server.Dispose();
        Assert.Null(client.Receive());
        Assert.False(_card.IsAttached);
        Assert.False(File.Exists(_server.Path));
    }
}
