using System.Collections.Concurrent;

namespace Scatterlist.Verbs.Contract.Tests.Peers;

/// <summary>
/// Other processes that wait for their next test: starting one takes longer than most tests. Between two tests a
/// process disposes of everything that the first one had.
/// </summary>
internal static class PeerPool
{
    private static readonly ConcurrentBag<IPeerLink> Idle = [];

    internal static IPeerLink Take() =>
        Idle.TryTake(out IPeerLink? link) && link.IsAlive ? link : PeerProcess.Start();

    internal static void Return(IPeerLink link)
    {
        if (link.IsAlive)
            Idle.Add(link);
        else
            link.Dispose();
    }
}
