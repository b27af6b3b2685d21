namespace Scatterlist.Verbs.Waiting;

/// <summary>What waits for the completion of work: an await, or a scope.</summary>
internal abstract class TrackedWork
{
    /// <summary>The completion came. Called once for every id, under the completion queue's lock: it neither blocks nor
    /// runs a program's code.</summary>
    /// <param name="completion">The completion.</param>
    /// <param name="tag">What was given with the id.</param>
    /// <param name="isOwn">Whether the thread that posted this very work is here, still in its post.</param>
    internal abstract void OnCompleted(in WorkCompletion completion, int tag, bool isOwn);
}
