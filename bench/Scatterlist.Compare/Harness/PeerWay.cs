namespace Scatterlist.Compare.Harness;

/// <summary>One way in which the peer can do the work.</summary>
/// <param name="Name">What it is, for the progress lines: <c>C pread</c>, <c>C pwrite, chunks of 1 MiB</c>.</param>
/// <param name="Run">Does so many operations; throws when one of them goes wrong.</param>
internal sealed record PeerWay(string Name, Action<int> Run)
{
    /// <summary>Does so many operations and returns the seconds; null: the harness takes the time.</summary>
    public Func<int, double>? OwnTime { get; private init; }

    /// <summary>A way that takes its own time, where starting and stopping are not to count.</summary>
    /// <param name="name">What it is.</param>
    /// <param name="time">Does so many operations and returns the seconds that they took.</param>
    public static PeerWay Timed(string name, Func<int, double> time) =>
        new(name, operations => _ = time(operations)) { OwnTime = time };
}
