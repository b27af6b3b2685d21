namespace Scatterlist.Verbs.SoftRoce.Engine;

/// <summary>
/// A peer's memory, as far as its owner has granted it. Whatever a grant does not cover goes by packets, where the
/// owner's responder judges it. Used under the engine's lock only.
/// </summary>
/// <remarks>
/// An operation may go this way when nothing of its queue pair is outstanding and at least one operation of the queue
/// pair has been acknowledged, so that order and errors are what packets would give.
/// </remarks>
internal abstract unsafe class DirectAccess
{
    /// <summary>
    /// Where the bytes are, or null when packets are the way. Until <see cref="End"/> the owner's deregistration waits:
    /// keep it short (a long operation is better done in pieces of some MiB, each begun anew).
    /// </summary>
    /// <param name="queuePair">The peer's queue pair.</param>
    /// <param name="key">The remote key.</param>
    /// <param name="address">The remote address.</param>
    /// <param name="length">Bytes from there.</param>
    /// <param name="rights">RemoteWrite, RemoteRead or RemoteAtomic.</param>
    internal abstract byte* TryBegin(uint queuePair, uint key, ulong address, ulong length, AccessFlags rights);

    /// <summary>Ends what a successful <see cref="TryBegin"/> began, when the last byte is copied.</summary>
    internal abstract void End();
}
