using Scatterlist.Verbs.Providers;
using Scatterlist.Verbs.SoftRoce.Engine;
using Scatterlist.Verbs.SoftRoce.Objects;

namespace Scatterlist.Verbs.SoftRoce.Tests.Objects;

public sealed unsafe class RegionTests : IDisposable
{
    private const ulong Start = 0x1000_0000;
    private const uint Length = 8192;

    private readonly SoftContext _nic = TestNic.Open();
    private readonly HostBuffer _buffer = HostBuffer.Allocate(Length);
    private readonly SoftDomain _domain;

    public RegionTests() => _domain = (SoftDomain)_nic.AllocateDomain();

    public void Dispose()
    {
        _domain.Dispose();
        _nic.Dispose();
        _buffer.Dispose();
    }

    [Theory]
    [InlineData(Start, Length, true)]
    [InlineData(Start, 0u, true)]
    [InlineData(Start + Length, 0u, true)]
    [InlineData(Start + 1, Length, false)]
    [InlineData(Start - 1, 1u, false)]
    [InlineData(Start + Length, 1u, false)]
    [InlineData(Start + Length - 1, 1u, true)]
    [InlineData(ulong.MaxValue, uint.MaxValue, false)]
    [InlineData(0ul, 1u, false)]
    public void A_key_covers_its_region_and_no_byte_more(ulong address, uint length, bool covered)
    {
        using SoftRegion region = Register(AccessFlags.LocalWrite | AccessFlags.RemoteRead);
        byte* local = _nic.Engine.Regions.TryLocal(
            region.LocalKey.Value, _domain, address, length, AccessFlags.LocalWrite);
        byte* remote = _nic.Engine.Regions.TryRemote(
            region.RemoteKey.Value, _domain, address, length, AccessFlags.RemoteRead);
        byte* expected = covered ? (byte*)_buffer.Address + (address - Start) : null;
        Assert.True(local == expected);
        Assert.True(remote == expected);
    }

    [Fact]
    public void A_key_gives_the_rights_of_its_region_alone()
    {
        using SoftRegion region = Register(AccessFlags.LocalWrite | AccessFlags.RemoteRead);
        RegionTable regions = _nic.Engine.Regions;
        Assert.True(regions.TryRemote(region.RemoteKey.Value, _domain, Start, 1, AccessFlags.RemoteRead) != null);
        Assert.True(regions.TryRemote(region.RemoteKey.Value, _domain, Start, 1, AccessFlags.RemoteWrite) == null);
        Assert.True(regions.TryRemote(region.RemoteKey.Value, _domain, Start, 8, AccessFlags.RemoteAtomic) == null);
    }

    [Fact]
    public void A_key_is_worth_nothing_in_another_domain()
    {
        using SoftRegion region = Register(AccessFlags.LocalWrite | AccessFlags.RemoteWrite);
        using var other = (SoftDomain)_nic.AllocateDomain();
        RegionTable regions = _nic.Engine.Regions;
        Assert.True(regions.TryRemote(region.RemoteKey.Value, other, Start, 1, AccessFlags.RemoteWrite) == null);
        Assert.True(regions.TryLocal(region.LocalKey.Value, other, Start, 1, AccessFlags.None) == null);
        Assert.False(regions.TryInvalidate(region.RemoteKey.Value, other, remote: true));
    }

    [Fact]
    public void An_invalidated_key_reaches_nothing_and_the_other_key_still_does()
    {
        using SoftRegion region = Register(AccessFlags.LocalWrite | AccessFlags.RemoteWrite);
        RegionTable regions = _nic.Engine.Regions;
        Assert.True(regions.TryRemote(region.RemoteKey.Value, _domain, Start, 1, AccessFlags.RemoteWrite) != null);
        Assert.True(regions.TryInvalidate(region.RemoteKey.Value, _domain, remote: true));
        Assert.True(regions.TryRemote(region.RemoteKey.Value, _domain, Start, 1, AccessFlags.RemoteWrite) == null);
        Assert.True(regions.TryLocal(region.LocalKey.Value, _domain, Start, 1, AccessFlags.LocalWrite) != null);
    }

    [Fact]
    public void A_deregistered_region_is_unknown_and_its_memory_let_go()
    {
        SoftRegion region = Register(AccessFlags.LocalWrite | AccessFlags.RemoteWrite);
        uint key = region.RemoteKey.Value;
        _buffer.Dispose();
        Assert.False(_buffer.Handle.IsClosed); // the region keeps the pages
        region.Dispose();
        Assert.True(_buffer.Handle.IsClosed);
        Assert.True(_nic.Engine.Regions.TryRemote(key, _domain, Start, 1, AccessFlags.RemoteWrite) == null);
        Assert.Equal(0, _nic.Engine.Regions.Count);
    }

    [Fact]
    public void Keys_do_not_follow_one_another()
    {
        var keys = new HashSet<uint>();
        int near = 0;
        uint last = 0;
        for (int i = 0; i < 1000; i++)
        {
            using SoftRegion region = Register(AccessFlags.LocalWrite);
            near += Math.Abs((long)region.RemoteKey.Value - last) < 1 << 16 ? 1 : 0;
            last = region.RemoteKey.Value;
            Assert.True(keys.Add(last));
        }

        Assert.InRange(near, 0, 10); // by chance: 1000 * 2^17 / 2^32 = 0.03
    }

    [Theory]
    [InlineData(AccessFlags.RemoteWrite)]
    [InlineData(AccessFlags.RemoteAtomic)]
    [InlineData(AccessFlags.OnDemand)]
    [InlineData((AccessFlags)(1 << 30))]
    public void Rights_that_make_no_sense_are_refused(AccessFlags access)
    {
        VerbsException refused = Assert.Throws<VerbsException>(() => Register(access));
        Assert.Equal(VerbsErrorKind.InvalidInput, refused.Kind);
        Assert.Equal(0, _nic.Engine.Regions.Count);
    }

    [Fact]
    public void Deregistration_waits_for_the_engine_that_is_inside_the_memory()
    {
        SoftRegion region = Register(AccessFlags.LocalWrite);
        NicEngine engine = _nic.Engine;
        engine.Enter();
        Task disposal = Task.Run(region.Dispose);
        Assert.False(disposal.Wait(50));
        engine.Exit();
        disposal.Wait();
        Assert.True(region.IsClosed);
    }

    private SoftRegion Register(AccessFlags access) => (SoftRegion)_domain.RegisterMemory(
        new Block(_buffer.Address, Length), Start, access, _buffer.Handle, null, 0);
}
