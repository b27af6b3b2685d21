using System.Diagnostics;

namespace Scatterlist.Vfio;

/// <summary>
/// Turns at a system call that the kernel has a mutex of its own for. Threads that meet there sleep and are woken, and
/// the mutex is then kept for one that does not run yet; here whoever runs goes on, and the others let him.
/// </summary>
/// <remarks>
/// Nothing depends on it: who has waited long goes into the kernel without a turn, and sleeps there. So a call that
/// takes long, as that for a gigabyte of small pages, keeps nobody looking.
/// </remarks>
internal sealed class KernelTurn
{
    private static readonly long Patience = Stopwatch.Frequency / 1000;

    private int _isTaken;

    /// <summary>Waits for a turn.</summary>
    /// <returns>Whether it is the caller's, who gives it back; false when it took too long.</returns>
    internal bool TryTake()
    {
        if (Interlocked.CompareExchange(ref _isTaken, 1, 0) == 0)
            return true;
        long start = Stopwatch.GetTimestamp();
        do
        {
            Thread.Yield();
            if (Volatile.Read(ref _isTaken) == 0 && Interlocked.CompareExchange(ref _isTaken, 1, 0) == 0)
                return true;
        }
        while (Stopwatch.GetTimestamp() - start < Patience);
        return false;
    }

    internal void GiveBack() => Volatile.Write(ref _isTaken, 0);
}
