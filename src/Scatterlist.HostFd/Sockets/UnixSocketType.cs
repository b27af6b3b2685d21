namespace Scatterlist.HostFd;

/// <summary>The kinds of UNIX sockets (unix(7)).</summary>
public enum UnixSocketType
{
    /// <summary>SOCK_STREAM: a stream of bytes without boundaries.</summary>
    Stream = 1,

    /// <summary>
    /// SOCK_DGRAM: messages, kept whole, without a connection. On a UNIX socket they are reliable and in order.
    /// </summary>
    Datagram = 2,

    /// <summary>SOCK_SEQPACKET: messages, kept whole and in order, over a connection.</summary>
    SeqPacket = 5,
}
