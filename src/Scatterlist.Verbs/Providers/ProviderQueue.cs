using System.Runtime.CompilerServices;

namespace Scatterlist.Verbs.Providers;

/// <summary>
/// What the data path calls: a queue pair or a queue. Calls are counted here and not by <see cref="NativeHandle"/>'s
/// references, which cost about twice as much; the dispose turns what is under way into one such reference, and the last
/// call gives it back.
/// </summary>
internal abstract class ProviderQueue(nint handle, NativeHandle parent) : NativeHandle(handle, parent)
{
    private const int Over = int.MinValue / 2;

    private int _calls = 1; // one is the owner's, until the dispose
    private int _ending;

    /// <summary>Begins a call. False when the object is disposed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryEnter()
    {
        if (IsDisposed)
            return false;
        if (Interlocked.Increment(ref _calls) > 0)
            return true; // above 0 nobody gets it to be over
        Interlocked.Decrement(ref _calls);
        return false;
    }

    /// <summary>Ends a call that <see cref="TryEnter"/> began.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Exit()
    {
        if (Interlocked.Decrement(ref _calls) == 0)
            End();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        bool isFirst = disposing && Interlocked.Exchange(ref _ending, 1) == 0;
        bool held = false;
        if (isFirst)
            DangerousAddRef(ref held); // for the calls that are under way
        base.Dispose(disposing);
        if (isFirst)
            Exit();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void End()
    {
        // Somebody who has slipped in meanwhile ends it in his turn.
        if (Interlocked.CompareExchange(ref _calls, Over, 0) == 0)
            DangerousRelease();
    }
}
