namespace Scatterlist.Tool.Rdma.Exchange;

/// <summary>The program at the other end went away, fell silent, or speaks something else.</summary>
internal sealed class PeerException(string message) : IOException(message);
