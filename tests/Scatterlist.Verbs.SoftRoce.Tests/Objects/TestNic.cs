using System.Net;
using Scatterlist.Verbs.SoftRoce.Engine;
using Scatterlist.Verbs.SoftRoce.Objects;

namespace Scatterlist.Verbs.SoftRoce.Tests.Objects;

/// <summary>A NIC with no medium: for what needs no peer.</summary>
internal static class TestNic
{
    internal static SoftContext Open(ulong deviceMemory = 1 << 20)
    {
        var entry = new GidEntry(Gid.FromAddress(IPAddress.Loopback), 0, 1, GidType.RoceV2);
        var engine = new NicEngine([entry], Mtu.Bytes4096, [], sameHost: null, capture: null);
        return new SoftContext(engine, deviceMemory);
    }

    internal static WorkCompletion Completion(ulong id, CompletionStatus status = CompletionStatus.Success) =>
        new(id, status, CompletionOpcode.Send, 17);
}
