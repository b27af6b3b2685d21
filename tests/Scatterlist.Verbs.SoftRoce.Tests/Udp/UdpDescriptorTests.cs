using System.Net;
using Scatterlist.Verbs.SoftRoce.Engine.Udp;
using static Scatterlist.Verbs.SoftRoce.Tests.Udp.UdpFixture;

namespace Scatterlist.Verbs.SoftRoce.Tests.Udp;

/// <summary>Alone, since the descriptors of the whole process are counted.</summary>
[Collection(nameof(UdpDescriptorTests))]
[CollectionDefinition(nameof(UdpDescriptorTests), DisableParallelization = true)]
public sealed class UdpDescriptorTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Ports_leave_nothing_open(bool shared)
    {
        var options = new UdpPortOptions { IsShared = shared };
        UdpPort.Open(FreshV4(), options).Dispose(); // what the runtime opens once is open now
        FdCounter counter = FdCounter.Start();
        IPAddress address = FreshV4();
        using (UdpPort first = UdpPort.Open(address, options))
        {
            first.CreatePath(first.Local);
            if (shared)
                UdpPort.Open(address, options).Dispose();
            else
                Assert.Throws<VerbsException>(() => UdpPort.Open(address, options));
            first.Dispose();
            Assert.Equal(0, first.Receive(new Keeper(), 1));
        }

        counter.AssertNothingNew();
    }
}
