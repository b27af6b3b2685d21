namespace Scatterlist.HostFd;

/// <summary>
/// How one message is sent or received (send(2), recv(2)). MSG_NOSIGNAL and MSG_CMSG_CLOEXEC are always in force.
/// </summary>
[Flags]
public enum MessageFlags
{
    /// <summary>Wait until the message can be sent or is there.</summary>
    None = 0,

    /// <summary>
    /// MSG_PEEK: leave what is received in the queue. Descriptors that come along are duplicates of their own, received
    /// again with the message itself.
    /// </summary>
    Peek = 0x2,

    /// <summary>MSG_DONTWAIT: report <see cref="Errno.EAGAIN"/> instead of waiting.</summary>
    DontWait = 0x40,
}
