namespace Scatterlist.Verbs;

/// <summary>Options of a work request of the send queue (enum ibv_send_flags).</summary>
[Flags]
public enum SendFlags
{
    /// <summary>No option: the request completes silently when it succeeds.</summary>
    None = 0,

    /// <summary>Starts only when all earlier reads and atomics of the queue pair are done.</summary>
    Fence = 1,

    /// <summary>Success makes a completion, too.</summary>
    Signaled = 2,

    /// <summary>The peer's completion counts as solicited: it wakes a channel that waits for solicited ones
    /// alone.</summary>
    Solicited = 4,

    /// <summary>The bytes are taken at once: the memory may be reused when the post returns and needs no local
    /// key.</summary>
    Inline = 8,
}
