namespace Scatterlist.Compare.Harness;

/// <summary>One way in which the peer can do the work.</summary>
/// <param name="Name">What it is, for the progress lines: <c>C pread</c>, <c>C pwrite, chunks of 1 MiB</c>.</param>
/// <param name="Run">Does so many operations; throws when one of them goes wrong.</param>
internal sealed record PeerWay(string Name, Action<int> Run);
