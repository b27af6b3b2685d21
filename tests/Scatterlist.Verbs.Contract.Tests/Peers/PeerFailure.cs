namespace Scatterlist.Verbs.Contract.Tests.Peers;

/// <summary>What the other side was asked to do failed there.</summary>
/// <param name="errno">The error, when it was a verbs exception; else none.</param>
/// <param name="message">What it said.</param>
#pragma warning disable CA1032, CA1064 // made in one place
internal sealed class PeerFailure(Errno errno, string message) : Exception($"The other side failed: {message}")
{
    internal Errno Errno { get; } = errno;
}
