using System.Runtime.CompilerServices;

namespace Scatterlist.Verbs.SoftRoce.Objects;

/// <remarks>
/// A poll that finds the queue empty drives the NIC on, and what completes meanwhile goes straight to where the program
/// wants it: by way of the queue it would be stored, and loaded again, and stored, while a message waits for its answer.
/// </remarks>
internal sealed unsafe partial class SoftCompletionQueue
{
    private WorkCompletion* _next; // where the program that drives the NIC right now wants the next one
    private int _room; // for so many

    internal override int Poll(Span<WorkCompletion> completions)
    {
        int taken = Take(completions);
        if (taken != 0 || completions.IsEmpty)
            return taken;
        fixed (WorkCompletion* place = completions)
            taken = Context.Engine.Progress(this, place, completions.Length);
        return taken != 0 ? taken : Take(completions);
    }

    /// <summary>
    /// From now on completions go to the caller, unless older ones wait in the queue. Under the engine's lock, for as long
    /// as the section lasts.
    /// </summary>
    internal void BeginHandingOver(WorkCompletion* place, int room)
    {
        _next = place;
        _room = _tail == Volatile.Read(ref _head) ? room : 0;
    }

    /// <summary>Ends it.</summary>
    /// <param name="place">Where the first one went.</param>
    /// <returns>How many the caller got.</returns>
    internal int EndHandingOver(WorkCompletion* place)
    {
        _room = 0;
        return (int)(_next - place);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryHandOver(in WorkCompletion completion)
    {
        if (_room == 0)
            return false;
        _room--;
        *_next++ = completion;
        return true;
    }
}
