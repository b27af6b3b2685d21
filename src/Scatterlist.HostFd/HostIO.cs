namespace Scatterlist.HostFd;

/// <summary>Vectored I/O on host descriptors.</summary>
public static partial class HostIO
{
    /// <summary>The most pieces that one readv(2) or preadv2(2) call takes (UIO_MAXIOV).</summary>
    public const int MaxReadWriteIov = 1024;

    /// <summary>The most pieces that one sendmsg(2) or recvmsg(2) call takes (UIO_MAXIOV).</summary>
    public const int MaxSendRecvMsgIov = 1024;

    /// <summary>The most bytes that one call moves (MAX_RW_COUNT of the kernel).</summary>
    public const uint MaxTransferBytes = 0x7ffff000;
}
