namespace Scatterlist.Verbs;

/// <summary>Posting in a scope: as the queue pair's own posts, and nothing is left behind.</summary>
public readonly ref partial struct WorkScope
{
    /// <summary>Posts a message to the peer. Its failure shows in <see cref="FirstFailure"/>.</summary>
    /// <param name="request">The request; it always completes, whatever its <c>Unsignaled</c> says.</param>
    /// <returns>None, or why it was refused, as <see cref="QueuePair.PostSend"/> says.</returns>
    /// <exception cref="ObjectDisposedException">The scope has ended.</exception>
    public Errno PostSend(in SendWorkRequest request) => Send(request, false, 0, out _);

    /// <summary>Posts a message to the peer, and tells it apart by <paramref name="work"/>.</summary>
    /// <param name="request">The request; it always completes, whatever its <c>Unsignaled</c> says.</param>
    /// <param name="work">By which to ask for the completion; nothing that can be asked for after a refusal.</param>
    /// <param name="id">What the completion carries.</param>
    /// <returns>None, or why it was refused, as <see cref="QueuePair.PostSend"/> says.</returns>
    /// <exception cref="ObjectDisposedException">The scope has ended.</exception>
    public Errno PostSend(in SendWorkRequest request, out ScopedWork work, ulong id = 0) =>
        Send(request, true, id, out work);

    /// <summary>Posts room for a message of the peer. Its failure shows in <see cref="FirstFailure"/>.</summary>
    /// <param name="request">The request; it always completes, whatever its <c>Unsignaled</c> says.</param>
    /// <returns>None, or why it was refused, as <see cref="QueuePair.PostSend"/> says.</returns>
    /// <exception cref="ObjectDisposedException">The scope has ended.</exception>
    public Errno PostReceive(in ReceiveWorkRequest request) => Receive(request, false, 0, out _);

    /// <summary>Posts room for a message of the peer, and tells it apart by <paramref name="work"/>.</summary>
    /// <param name="request">The request; it always completes, whatever its <c>Unsignaled</c> says.</param>
    /// <param name="work">By which to ask for the completion; nothing that can be asked for after a refusal.</param>
    /// <param name="id">What the completion carries.</param>
    /// <returns>None, or why it was refused, as <see cref="QueuePair.PostSend"/> says.</returns>
    /// <exception cref="ObjectDisposedException">The scope has ended.</exception>
    public Errno PostReceive(in ReceiveWorkRequest request, out ScopedWork work, ulong id = 0) =>
        Receive(request, true, id, out work);

    /// <summary>Posts a write into the peer's memory. Its failure shows in <see cref="FirstFailure"/>.</summary>
    /// <param name="request">The request; it always completes, whatever its <c>Unsignaled</c> says.</param>
    /// <returns>None, or why it was refused, as <see cref="QueuePair.PostSend"/> says.</returns>
    /// <exception cref="ObjectDisposedException">The scope has ended.</exception>
    public Errno PostWrite(in WriteWorkRequest request) => Write(request, false, 0, out _);

    /// <summary>Posts a write into the peer's memory, and tells it apart by <paramref name="work"/>.</summary>
    /// <param name="request">The request; it always completes, whatever its <c>Unsignaled</c> says.</param>
    /// <param name="work">By which to ask for the completion; nothing that can be asked for after a refusal.</param>
    /// <param name="id">What the completion carries.</param>
    /// <returns>None, or why it was refused, as <see cref="QueuePair.PostSend"/> says.</returns>
    /// <exception cref="ObjectDisposedException">The scope has ended.</exception>
    public Errno PostWrite(in WriteWorkRequest request, out ScopedWork work, ulong id = 0) =>
        Write(request, true, id, out work);

    /// <summary>Posts a read from the peer's memory. Its failure shows in <see cref="FirstFailure"/>.</summary>
    /// <param name="request">The request; it always completes, whatever its <c>Unsignaled</c> says.</param>
    /// <returns>None, or why it was refused, as <see cref="QueuePair.PostSend"/> says.</returns>
    /// <exception cref="ObjectDisposedException">The scope has ended.</exception>
    public Errno PostRead(in ReadWorkRequest request) => Read(request, false, 0, out _);

    /// <summary>Posts a read from the peer's memory, and tells it apart by <paramref name="work"/>.</summary>
    /// <param name="request">The request; it always completes, whatever its <c>Unsignaled</c> says.</param>
    /// <param name="work">By which to ask for the completion; nothing that can be asked for after a refusal.</param>
    /// <param name="id">What the completion carries.</param>
    /// <returns>None, or why it was refused, as <see cref="QueuePair.PostSend"/> says.</returns>
    /// <exception cref="ObjectDisposedException">The scope has ended.</exception>
    public Errno PostRead(in ReadWorkRequest request, out ScopedWork work, ulong id = 0) =>
        Read(request, true, id, out work);

    /// <summary>Posts a compare-and-swap on the peer's memory. Its failure shows in <see cref="FirstFailure"/>.</summary>
    /// <param name="request">The request; it always completes, whatever its <c>Unsignaled</c> says.</param>
    /// <returns>None, or why it was refused, as <see cref="QueuePair.PostSend"/> says.</returns>
    /// <exception cref="ObjectDisposedException">The scope has ended.</exception>
    public Errno PostCompareAndSwap(in CompareAndSwapWorkRequest request) => CompareAndSwap(request, false, 0, out _);

    /// <summary>Posts a compare-and-swap on the peer's memory, and tells it apart by <paramref name="work"/>.</summary>
    /// <param name="request">The request; it always completes, whatever its <c>Unsignaled</c> says.</param>
    /// <param name="work">By which to ask for the completion; nothing that can be asked for after a refusal.</param>
    /// <param name="id">What the completion carries.</param>
    /// <returns>None, or why it was refused, as <see cref="QueuePair.PostSend"/> says.</returns>
    /// <exception cref="ObjectDisposedException">The scope has ended.</exception>
    public Errno PostCompareAndSwap(in CompareAndSwapWorkRequest request, out ScopedWork work, ulong id = 0) =>
        CompareAndSwap(request, true, id, out work);

    /// <summary>Posts a fetch-and-add on the peer's memory. Its failure shows in <see cref="FirstFailure"/>.</summary>
    /// <param name="request">The request; it always completes, whatever its <c>Unsignaled</c> says.</param>
    /// <returns>None, or why it was refused, as <see cref="QueuePair.PostSend"/> says.</returns>
    /// <exception cref="ObjectDisposedException">The scope has ended.</exception>
    public Errno PostFetchAndAdd(in FetchAndAddWorkRequest request) => FetchAndAdd(request, false, 0, out _);

    /// <summary>Posts a fetch-and-add on the peer's memory, and tells it apart by <paramref name="work"/>.</summary>
    /// <param name="request">The request; it always completes, whatever its <c>Unsignaled</c> says.</param>
    /// <param name="work">By which to ask for the completion; nothing that can be asked for after a refusal.</param>
    /// <param name="id">What the completion carries.</param>
    /// <returns>None, or why it was refused, as <see cref="QueuePair.PostSend"/> says.</returns>
    /// <exception cref="ObjectDisposedException">The scope has ended.</exception>
    public Errno PostFetchAndAdd(in FetchAndAddWorkRequest request, out ScopedWork work, ulong id = 0) =>
        FetchAndAdd(request, true, id, out work);

    private Errno Send(in SendWorkRequest request, bool told, ulong userId, out ScopedWork work)
    {
        Errno errno = Begin(_queuePair.SendCompletionQueue, told, userId, out work, out ulong id);
        return errno != Errno.None
            ? errno
            : End(_queuePair.SendCompletionQueue, _queuePair.Send(request, id, SendFlags.Signaled), id, ref work);
    }

    private Errno Receive(in ReceiveWorkRequest request, bool told, ulong userId, out ScopedWork work)
    {
        Errno errno = Begin(_queuePair.ReceiveCompletionQueue, told, userId, out work, out ulong id);
        return errno != Errno.None
            ? errno
            : End(_queuePair.ReceiveCompletionQueue, _queuePair.Receive(request, id), id, ref work);
    }

    private Errno Write(in WriteWorkRequest request, bool told, ulong userId, out ScopedWork work)
    {
        Errno errno = Begin(_queuePair.SendCompletionQueue, told, userId, out work, out ulong id);
        return errno != Errno.None
            ? errno
            : End(_queuePair.SendCompletionQueue, _queuePair.Write(request, id, SendFlags.Signaled), id, ref work);
    }

    private Errno Read(in ReadWorkRequest request, bool told, ulong userId, out ScopedWork work)
    {
        Errno errno = Begin(_queuePair.SendCompletionQueue, told, userId, out work, out ulong id);
        return errno != Errno.None
            ? errno
            : End(_queuePair.SendCompletionQueue, _queuePair.Read(request, id, SendFlags.Signaled), id, ref work);
    }

    private Errno CompareAndSwap(in CompareAndSwapWorkRequest request, bool told, ulong userId, out ScopedWork work)
    {
        Errno errno = Begin(_queuePair.SendCompletionQueue, told, userId, out work, out ulong id);
        return errno != Errno.None
            ? errno
            : End(_queuePair.SendCompletionQueue, _queuePair.CompareAndSwap(request, id, SendFlags.Signaled), id, ref work);
    }

    private Errno FetchAndAdd(in FetchAndAddWorkRequest request, bool told, ulong userId, out ScopedWork work)
    {
        Errno errno = Begin(_queuePair.SendCompletionQueue, told, userId, out work, out ulong id);
        return errno != Errno.None
            ? errno
            : End(_queuePair.SendCompletionQueue, _queuePair.FetchAndAdd(request, id, SendFlags.Signaled), id, ref work);
    }
}
