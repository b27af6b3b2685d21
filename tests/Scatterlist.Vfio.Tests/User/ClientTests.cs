using System.Text;

namespace Scatterlist.Vfio.Tests.User;

/// <summary>Our client against servers that lie, stall or go away.</summary>
public sealed class ClientTests
{
    private static readonly VfioUserOptions Impatient = new() { AnswerTimeout = TimeSpan.FromSeconds(1) };

    [Fact]
    public void A_plain_server_is_enough()
    {
        using var server = new RawServer();
        using VfioUserDevice device = VfioUserDevice.Connect(server.Path);
        Assert.Equal(2, device.Regions.Count);
        Assert.Equal(65535u, device.AvailableMappings);
        Assert.Equal(Errno.None, device.ReadRegion(1, 0, new byte[8]));
        using HostBuffer memory = HostBuffer.Allocate(4096, new HostBufferOptions { IsShareable = true });
        using (device.MapDma(DmaMapRequest.For(memory)))
            Assert.Equal(65534u, device.AvailableMappings);
        device.Reset();
    }

    [Fact]
    public void Nobody_there_is_an_error_with_a_remedy()
    {
        using var directory = new TempDirectory();
        VfioException e = Assert.Throws<VfioException>(() => VfioUserDevice.Connect(directory["none"]));
        Assert.Equal(Errno.ENOENT, e.Errno);
        Assert.NotNull(e.Remedy);
    }

    public static TheoryData<string> Lies =>
    [
        "version: another major", "version: a higher minor", "version: short", "version: bad text",
        "info: short", "info: a million regions", "info: a million interrupts",
        "region: another index", "region: short", "region: circular capabilities",
        "region: capabilities outside", "region: more areas than bytes", "region: areas outside", "interrupt: another",
        "interrupt: a million vectors", "reply: another command", "reply: another id", "reply: a bad length",
        "reply: a type that is none",
    ];

    [Theory]
    [MemberData(nameof(Lies))]
    public void A_server_that_lies_is_found_out(string lie)
    {
        using var server = new RawServer { RegionMemory = Native.MemFd(4096) };
        byte[] Region(uint size, uint offset, params object[] rest) => RawClient.Pack(
            [size, 15u, 0u, offset, 4096ul, 0ul, .. rest]);
        switch (lie)
        {
            case "version: another major": server.Answers[1] = _ => RawClient.Pack((ushort)1, (ushort)0); break;
            case "version: a higher minor": server.Answers[1] = _ => RawClient.Pack((ushort)0, (ushort)2); break;
            case "version: short": server.Answers[1] = _ => [0, 0]; break;
            case "version: bad text": server.Answers[1] = _ => [0, 0, 1, 0, .. "{\0"u8]; break;
            case "info: short": server.Answers[4] = _ => new byte[15]; break;
            case "info: a million regions": server.Answers[4] = _ => RawClient.Pack(16u, 3u, 1000000u, 1u); break;
            case "info: a million interrupts": server.Answers[4] = _ => RawClient.Pack(16u, 3u, 1u, 1000000u); break;
            case "region: another index":
                server.Answers[5] = _ => RawClient.Pack(32u, 3u, 7u, 0u, 4096ul, 0ul);
                break;
            case "region: short": server.Answers[5] = _ => new byte[31]; break;
            case "region: circular capabilities":
                server.Answers[5] = _ => Region(48, 32, (ushort)9, (ushort)1, 32u, 0u, 0u);
                break;
            case "region: capabilities outside":
                server.Answers[5] = _ => Region(48, 44, (ushort)1, (ushort)1, 0u, 0u, 0u);
                break;
            case "region: more areas than bytes":
                server.Answers[5] = _ => Region(48, 32, (ushort)1, (ushort)1, 0u, 0x10000001u, 0u);
                break;
            case "region: areas outside":
                server.Answers[5] = _ => Region(64, 32, (ushort)1, (ushort)1, 0u, 1u, 0u, 0ul, 8192ul);
                break;
            case "interrupt: another": server.Answers[7] = _ => RawClient.Pack(16u, 1u, 4u, 1u); break;
            case "interrupt: a million vectors":
                server.Answers[7] = _ => RawClient.Pack(16u, 1u, 0u, 1000000u);
                break;
            default:
                server.Twist = frame =>
                {
                    int at = lie switch
                    {
                        "reply: another command" => 2,
                        "reply: another id" => 1,
                        "reply: a bad length" => 7,
                        _ => 8,
                    };
                    frame[at] ^= 0x0e;
                    return frame;
                };
                break;
        }

        VfioException e = Assert.Throws<VfioException>(() => VfioUserDevice.Connect(server.Path, Impatient));
        Assert.Equal(Errno.EPROTO, e.Errno);
    }

    [Theory]
    [InlineData(9)]
    [InlineData(10)]
    public void An_answer_to_another_access_ends_the_connection(ushort command)
    {
        using var server = new RawServer();
        using VfioUserDevice device = VfioUserDevice.Connect(server.Path);
        server.Answers[command] = payload =>
        {
            payload[0] ^= 4;
            return payload[..16];
        };
        var bytes = new byte[4];
        Assert.Equal(
            Errno.EPROTO, command == 9 ? device.ReadRegion(0, 0, bytes) : device.WriteRegion(0, 0, bytes));
        Assert.Equal(Errno.EPROTO, device.ReadRegion(0, 0, bytes));
    }

    [Fact]
    public void Memory_that_a_server_could_take_away_is_not_mapped()
    {
        using var server = new RawServer { RegionMemory = Native.MemFd(4096) };
        server.Answers[5] = payload =>
            RawClient.Pack(32u, 7u, BitConverter.ToUInt32(payload, 8), 0u, 4096ul, 0ul);
        using VfioUserDevice device = VfioUserDevice.Connect(server.Path);
        Assert.Equal(RegionFlags.Read | RegionFlags.Write, device.Regions[0].Flags);
        Assert.Equal(Errno.EOPNOTSUPP, Assert.Throws<VfioException>(() => device.MapRegion(0, 0, 4096)).Errno);
    }

    [Fact]
    public void A_region_longer_than_its_memory_is_not_mapped()
    {
        using HostBuffer memory = HostBuffer.Allocate(4096, new HostBufferOptions { IsShareable = true });
        using var server = new RawServer { RegionMemory = memory.Descriptor!.Duplicate() };
        server.Answers[5] = payload =>
            RawClient.Pack(32u, 7u, BitConverter.ToUInt32(payload, 8), 0u, 4097ul, 0ul);
        using VfioUserDevice device = VfioUserDevice.Connect(server.Path);
        Assert.Empty(device.Regions[0].MappableAreas);
    }

    [Fact]
    public void A_server_that_does_not_answer_is_given_up()
    {
        using var server = new RawServer();
        using VfioUserDevice device = VfioUserDevice.Connect(server.Path, Impatient);
        server.Answers[9] = _ => null;
        Assert.Equal(Errno.ETIMEDOUT, device.ReadRegion(0, 0, new byte[4]));
        Assert.Equal(Errno.ETIMEDOUT, device.WriteRegion(0, 0, new byte[4]));
    }

    [Fact]
    public void A_server_that_goes_ends_all_calls_and_leaves_nothing_to_undo()
    {
        using var server = new RawServer();
        VfioUserDevice device = VfioUserDevice.Connect(server.Path);
        HostBuffer memory = HostBuffer.Allocate(4096, new HostBufferOptions { IsShareable = true });
        DmaMapping mapping = device.MapDma(DmaMapRequest.For(memory));
        var waiting = new CountdownEvent(3);
        server.Answers[9] = _ =>
        {
            waiting.Signal();
            return null;
        };
        Task<Errno>[] calls = [.. Enumerable.Range(0, 3).Select(
            _ => Task.Run(() => device.ReadRegion(0, 0, new byte[4])))];
        waiting.Wait();
        server.HangUp();
        foreach (Task<Errno> call in calls)
            Assert.Contains(call.GetAwaiter().GetResult(), new[] { Errno.ECONNRESET, Errno.EPIPE });
        VfioException e = Assert.Throws<VfioException>(() => device.MapDma(DmaMapRequest.For(memory)));
        Assert.Contains(e.Errno, new[] { Errno.ECONNRESET, Errno.EPIPE });
        mapping.Dispose();
        Assert.Equal(Errno.None, mapping.ReleaseError);
        memory.Dispose();
        device.Dispose();
        Assert.True(memory.Handle.IsClosed);
        Assert.True(device.IsClosed);
    }

    [Fact]
    public void A_server_reaches_what_was_mapped_without_a_descriptor_and_nothing_else()
    {
        using var server = new RawServer();
        using VfioUserDevice device = VfioUserDevice.Connect(server.Path);
        using HostBuffer memory = HostBuffer.Allocate(8192);
        memory.AsSpan().Fill(6);
        using DmaMapping both = device.MapDma(DmaMapRequest.For(memory) with
        {
            Memory = new Block(memory.Address, 4096),
            IoAddress = new IoAddress(0x1000),
        });
        using DmaMapping readOnly = device.MapDma(DmaMapRequest.For(memory, DmaAccess.Read) with
        {
            Memory = new Block(memory.Address + 4096, 4096),
            IoAddress = new IoAddress(0x2000),
        });
        (ushort Id, uint Flags, uint Error, byte[] Payload) Ask(ushort command, params object[] payload)
        {
            server.Send(RawClient.Frame(500, command, 0, 0, RawClient.Pack(payload)));
            Assert.True(server.Replies.TryTake(out var reply, TimeSpan.FromSeconds(20)));
            Assert.Equal(500, reply.Id);
            return reply;
        }

        Assert.Equal([.. RawClient.Pack(0x1fffUL, 2ul), 6, 6], Ask(11, 0x1ffful, 2ul).Payload);
        Assert.Equal(RawClient.Pack(0x1000UL, 1ul), Ask(12, 0x1000ul, 1ul, new byte[] { 9 }).Payload);
        Assert.Equal(9, memory.AsSpan()[0]);
        Assert.Equal(14u, Ask(12, 0x1ffful, 2ul, new byte[] { 1, 1 }).Error); // its second byte may not be written
        Assert.Equal(6, memory.AsSpan()[4095]);
        Assert.Equal(14u, Ask(11, 0x2ffful, 2ul).Error);
        Assert.Equal(14u, Ask(11, 0ul, 1ul).Error);
        Assert.Equal(22u, Ask(11, 0x1000ul, 0ul).Error);
        Assert.Equal(22u, Ask(11, 0x1000ul, (1ul << 20) + 1).Error);
        Assert.Equal(22u, Ask(11, 0x1000ul, ulong.MaxValue).Error);
        Assert.Equal(22u, Ask(11, ulong.MaxValue, 2ul).Error);
        Assert.Equal(22u, Ask(11, 0x1000ul).Error);
        Assert.Equal(22u, Ask(12, 0x1000ul, 2ul, new byte[] { 1 }).Error);
        Assert.Equal(22u, Ask(12, 0x1000ul, 2ul, new byte[] { 1, 1, 1 }).Error);
        Assert.Equal(95u, Ask(4, 0ul, 0ul).Error);
        readOnly.Dispose();
        Assert.Equal(14u, Ask(11, 0x2000ul, 1ul).Error);
        Assert.Equal(Errno.None, device.ReadRegion(0, 0, new byte[4]));
    }

    [Fact]
    public void The_servers_limits_are_kept()
    {
        using var server = new RawServer();
        int longest = 0;
        server.Answers[1] = _ =>
            [0, 0, 1, 0, .. Encoding.UTF8.GetBytes(
                "{\"capabilities\":{\"max_data_xfer_size\":100,\"max_dma_maps\":1,\"pgsizes\":65536}}\0")];
        server.Answers[9] = payload =>
        {
            int count = BitConverter.ToInt32(payload, 12);
            longest = Math.Max(longest, count);
            return [.. payload, .. new byte[count]];
        };
        using VfioUserDevice device = VfioUserDevice.Connect(server.Path);
        Assert.Equal(Errno.None, device.ReadRegion(0, 0, new byte[4096]));
        Assert.Equal(100, longest);
        using HostBuffer memory = HostBuffer.Allocate(2 * 65536);
        Assert.Throws<ArgumentException>(
            () => device.MapDma(DmaMapRequest.For(memory) with { Memory = new Block(memory.Address, 4096) }));
        using DmaMapping mapping = device.MapDma(DmaMapRequest.For(memory) with { Memory = Aligned(memory) });
        Assert.Equal(0u, device.AvailableMappings);
        VfioException e = Assert.Throws<VfioException>(
            () => device.MapDma(DmaMapRequest.For(memory) with { Memory = Aligned(memory) }));
        Assert.Equal(Errno.ENOSPC, e.Errno);
    }

    [Fact]
    public void A_device_that_came_back_is_connected_to_anew()
    {
        using var directory = new TempDirectory();
        using var card = new TestCard();
        using HostBuffer memory = HostBuffer.Allocate(4096, new HostBufferOptions { IsShareable = true });
        VfioUserDevice first;
        using (VfioUserServer server = VfioUserServer.Start(directory["card"], card))
        {
            first = VfioUserDevice.Connect(server.Path);
            DeviceSetup.Write64(first, TestCard.Scratch, 77);
        }

        Assert.NotEqual(Errno.None, first.ReadRegion(0, 0, new byte[8]));
        first.Dispose();
        using VfioUserServer again = VfioUserServer.Start(directory["card"], card);
        for (int i = 0; i < 5; i++)
        {
            using VfioUserDevice device = VfioUserDevice.Connect(again.Path);
            Assert.Equal(77u, DeviceSetup.Read64(device, TestCard.Scratch));
            using DmaMapping mapping = device.MapDma(DmaMapRequest.For(memory));
            Assert.Equal(Errno.None, card.Dma.Check(mapping.IoAddress, 4096, DmaAccess.ReadWrite));
        }
    }

    [Fact]
    public void A_lost_device_and_a_lost_mapping_are_let_go()
    {
        using var setup = new DeviceSetup(overSocket: false);
        LoseMapping(setup.Device);
        Eventually.TrueAfterCollection(() => setup.Card.Dma.Count == 0, "The mapping is still there.");
        using var directory = new TempDirectory();
        using var card = new TestCard();
        using VfioUserServer server = VfioUserServer.Start(directory["card"], card);
        LoseDevice(server.Path);
        Eventually.TrueAfterCollection(() => !card.IsAttached, "The connection is still there.");
    }

    private static Block Aligned(HostBuffer memory) => new((memory.Address + 0xffff) & ~0xffff, 65536);

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static void LoseMapping(IVfioDevice device)
    {
        HostBuffer memory = HostBuffer.Allocate(4096);
        _ = device.MapDma(DmaMapRequest.For(memory));
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static void LoseDevice(string path)
    {
        VfioUserDevice device = VfioUserDevice.Connect(path);
        HostBuffer memory = HostBuffer.Allocate(4096);
        _ = device.MapDma(DmaMapRequest.For(memory)); // its servant runs
    }
}
