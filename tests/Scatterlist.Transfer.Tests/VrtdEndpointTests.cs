using Scatterlist.Testing;
using Scatterlist.Transfer;
using Scatterlist.Vrtd;
using Scatterlist.Vrtd.Emulator;

namespace Scatterlist.Transfer.Tests;

public sealed class VrtdEndpointTests : IDisposable
{
    private const ulong Hbm = 0x40_0000_0000;
    private const ulong Ddr = 0x600_0000_0000;

    private readonly TempDirectory _folder = new();
    private readonly EmulatedDaemon _daemon;

    public VrtdEndpointTests()
    {
        _daemon = EmulatedDaemon.Start(new EmulatorOptions { SocketPath = _folder["socket"] });
    }

    public void Dispose()
    {
        _daemon.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Bytes_go_to_the_device_within_it_and_back()
    {
        byte[] bytes = ScriptedEndpoint.RandomBytes(5_000_003);
        using var from = new ScriptedEndpoint(bytes);
        using var to = new ScriptedEndpoint(new byte[bytes.Length]);
        var options = new CopyOptions { IsVerified = true, ChunkSize = 1 << 20 };

        using (VrtdEndpoint hbm = Open(Hbm + 17, isSource: false))
            CopyEngine.Copy(from, hbm, options);
        using (VrtdEndpoint hbm = Open(Hbm + 17, isSource: true, (ulong)bytes.Length))
        using (VrtdEndpoint ddr = Open(Ddr + 1, isSource: false))
            CopyEngine.Copy(hbm, ddr, options);
        using (VrtdEndpoint ddr = Open(Ddr + 1, isSource: true, (ulong)bytes.Length))
            CopyEngine.Copy(ddr, to, options);

        Assert.Equal(bytes, to.Bytes);
    }

    [Fact]
    public void A_buffer_of_the_callers_is_an_endpoint_and_stays_open()
    {
        byte[] bytes = ScriptedEndpoint.RandomBytes(100_000);
        using Session session = _daemon.OpenSession();
        using DeviceBuffer buffer = session.GetDevice(0).OpenDdrBuffer(1);
        using var from = new ScriptedEndpoint(bytes);

        using (var endpoint = new VrtdEndpoint(buffer))
            CopyEngine.Copy(from, endpoint);

        Assert.False(buffer.IsClosed);
        byte[] back = new byte[bytes.Length];
        buffer.Read(0, back);
        Assert.Equal(bytes, back);
        Assert.Throws<ArgumentOutOfRangeException>(() => new VrtdEndpoint(buffer, buffer.Size + 1));
    }

    [Fact]
    public void A_source_is_opened_for_reading_only()
    {
        using VrtdEndpoint source = Open(Hbm, isSource: true, 4096);
        using VrtdEndpoint destination = Open(Hbm, isSource: false);

        Assert.False(source.CanWrite);
        Assert.True(destination.CanRead);
    }

    [Fact]
    public void Without_a_length_it_reaches_to_the_end_of_its_memory()
    {
        using VrtdEndpoint endpoint = Open(0x47_ffff_f000, isSource: false);
        using var tooLong = new ScriptedEndpoint(new byte[4097]);

        Assert.Equal(4096ul, endpoint.Capacity);
        Assert.Throws<ArgumentException>(() => CopyEngine.Copy(tooLong, endpoint));
        Assert.Throws<ArgumentException>(() => Open(0x1000, isSource: false));
    }

    [Fact]
    public void Closing_an_endpoint_leaves_nothing_at_the_daemon()
    {
        for (int i = 0; i < 200; i++)
            Open(Hbm, isSource: false).Dispose();

        Eventually.True(
            () => _daemon.GetStatistics() is { Connections: 0, Buffers: 0 }, () => _daemon.GetStatistics().ToString());
    }

    private VrtdEndpoint Open(ulong address, bool isSource, ulong? length = null) => VrtdEndpoint.Open(
        new VrtdAddress("0", new DeviceAddress(address), length), _folder["socket"], isSource);
}
