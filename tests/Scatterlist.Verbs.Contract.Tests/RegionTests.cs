using Scatterlist.Verbs.Contract.Tests.Media;
using Scatterlist.Verbs.Contract.Tests.Rigs;

namespace Scatterlist.Verbs.Contract.Tests;

/// <summary>Registration of host memory.</summary>
public sealed class RegionTests
{
    public static TheoryData<AccessFlags> Rights() => new(
        AccessFlags.None,
        AccessFlags.LocalWrite,
        AccessFlags.RemoteRead,
        AccessFlags.LocalWrite | AccessFlags.RemoteWrite,
        AccessFlags.LocalWrite | AccessFlags.RemoteAtomic,
        LinkOptions.EveryRemoteRight);

    [Theory]
    [MemberData(nameof(Rights))]
    public void Every_set_of_rights_that_makes_sense_registers(AccessFlags access)
    {
        using Context context = Rig.OpenContext(MediumList.All[0]);
        using ProtectionDomain domain = context.AllocateDomain();
        using var memory = RegisteredMemory.Make(domain, 10_000, access);

        Assert.Equal(access, memory.Region.Access);
        Assert.Equal(10_000u, memory.Region.Length);
        Assert.Equal((ulong)memory.Buffer.Address, memory.Region.Address);
        Assert.NotEqual(0u, memory.Region.LocalKey.Value);
    }

    [Theory]
    [InlineData(AccessFlags.RemoteWrite)]
    [InlineData(AccessFlags.RemoteAtomic)]
    [InlineData(AccessFlags.RemoteWrite | AccessFlags.RemoteRead)]
    public void Remote_changes_without_local_write_are_refused(AccessFlags access)
    {
        using Context context = Rig.OpenContext(MediumList.All[0]);
        using ProtectionDomain domain = context.AllocateDomain();

        VerbsException e = Assert.Throws<VerbsException>(() => RegisteredMemory.Make(domain, 4096, access));

        Assert.Equal(VerbsErrorKind.InvalidInput, e.Kind);
        Assert.Contains("LocalWrite", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void Memory_of_the_managed_heap_registers_and_stays_in_place(Medium medium)
    {
        using Context context = Rig.OpenContext(medium);
        using ProtectionDomain domain = context.AllocateDomain();
        byte[] array = new byte[5000];

        using MemoryRegion region = domain.Register(array.AsMemory(8, 4000), LinkOptions.EveryRemoteRight);

        ulong address = region.Address;
        GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
        using MemoryRegion again = domain.Register(array.AsMemory(8, 4000), LinkOptions.EveryRemoteRight);
        Assert.Equal(address, again.Address);
        Assert.Equal(4000u, region.Length);
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void Keys_of_regions_differ_and_stay_out_of_texts(Medium medium)
    {
        using Context context = Rig.OpenContext(medium);
        using ProtectionDomain domain = context.AllocateDomain();
        using HostBuffer buffer = HostBuffer.Allocate(4096);
        MemoryRegion[] regions =
            [.. Enumerable.Range(0, 50).Select(_ => domain.Register(buffer, LinkOptions.EveryRemoteRight))];

        Assert.Equal(50, regions.Select(region => region.RemoteKey.Value).Distinct().Count());
        foreach (MemoryRegion region in regions)
        {
            Assert.DoesNotContain(
                $"{region.RemoteKey.Value:x}", $"{region} {region.Remote} {region.RemoteKey}",
                StringComparison.OrdinalIgnoreCase);
            region.Dispose();
        }
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void Elements_are_cut_only_inside_of_their_region(Medium medium)
    {
        using Context context = Rig.OpenContext(medium);
        using ProtectionDomain domain = context.AllocateDomain();
        using var memory = RegisteredMemory.Make(domain, 1000);
        using var readOnly = RegisteredMemory.Make(domain, 1000, AccessFlags.RemoteRead);

        Assert.Equal(1000u, memory.Region.Gather().Length);
        Assert.Equal(0u, memory.Region.Gather(1000, 0).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Region.Gather(1, 1000));
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Region.Scatter(1001, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Region.Scatter(nuint.MaxValue, 2));
        Assert.Throws<InvalidOperationException>(() => readOnly.Region.Scatter(0, 8));
        memory.Region.Dispose();
        Assert.Throws<ObjectDisposedException>(() => memory.Region.Gather());
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void A_region_of_no_bytes_or_past_the_limit_is_refused(Medium medium)
    {
        using Context context = Rig.OpenContext(medium);
        using ProtectionDomain domain = context.AllocateDomain();

        Assert.Throws<VerbsException>(() => domain.Register(Memory<byte>.Empty));
        Assert.Throws<VerbsException>(() => domain.RegisterUnsafe(0x1000, nuint.MaxValue - 0x2000, AccessFlags.None));
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void A_region_outlives_the_buffer_that_it_was_made_of(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        var memory = RegisteredMemory.Make(rig.Domain, 4096);
        Pattern.Fill(5, memory.Bytes(0, 4096));

        memory.Buffer.Dispose();

        Work write = link.Write(4096) with { Id = 3 };
        Assert.Equal(Errno.None, link.Kit.Post(write, memory.Region));
        Assert.Equal(CompletionStatus.Success, link.SendQueue.Next().Status);
        link.PeerMemory.AssertHolds(5, 0, 4096);
        memory.Region.Dispose();
    }
}
