using Scatterlist.Verbs.Contract.Tests.Media;
using Scatterlist.Verbs.Contract.Tests.Rigs;

namespace Scatterlist.Verbs.Contract.Tests;

/// <summary>Protection domains.</summary>
public sealed class DomainTests
{
    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void A_device_gives_many_domains(Medium medium)
    {
        using Context context = Rig.OpenContext(medium);
        ProtectionDomain[] domains = [.. Enumerable.Range(0, 10).Select(_ => context.AllocateDomain())];

        foreach (ProtectionDomain domain in domains)
        {
            using var memory = RegisteredMemory.Make(domain, 4096);
            Assert.Same(domain, memory.Region.Domain);
            Assert.Same(context, domain.Context);
        }

        foreach (ProtectionDomain domain in domains)
            domain.Dispose();
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void A_domain_may_be_disposed_twice_and_then_gives_nothing(Medium medium)
    {
        using Context context = Rig.OpenContext(medium);
        ProtectionDomain domain = context.AllocateDomain();
        domain.Dispose();
        domain.Dispose();

        Assert.True(domain.IsDisposed);
        Assert.Throws<ObjectDisposedException>(() => RegisteredMemory.Make(domain, 4096));
        Assert.Throws<ObjectDisposedException>(() => domain.CreateSharedReceiveQueue(16));
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void A_domain_may_go_before_its_regions(Medium medium)
    {
        using Context context = Rig.OpenContext(medium);
        ProtectionDomain domain = context.AllocateDomain();
        using var memory = RegisteredMemory.Make(domain, 4096);

        domain.Dispose();

        memory.Bytes(0, 4096).Fill(1);
        Assert.False(memory.Region.IsDisposed);
    }
}
