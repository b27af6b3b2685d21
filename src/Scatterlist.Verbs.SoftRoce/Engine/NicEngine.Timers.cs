
namespace Scatterlist.Verbs.SoftRoce.Engine;

internal sealed partial class NicEngine
{
    // A deadline moves with every acknowledgement, and almost none is ever met. So moving one is a store; the earliest is
    // a lower bound, and when it is reached the few live timers are looked through.
    private readonly List<NicQueuePair> _timed = [];
    private long _earliest = long.MaxValue;

    /// <summary>Sets the queue pair's one deadline; <see cref="long.MaxValue"/> takes it away. Under the lock.</summary>
    internal void Schedule(NicQueuePair queuePair, long dueTicks)
    {
        queuePair.Deadline = dueTicks;
        if (dueTicks == long.MaxValue)
            return;
        if (queuePair.TimerIndex < 0)
        {
            queuePair.TimerIndex = _timed.Count;
            _timed.Add(queuePair);
        }

        if (dueTicks < _earliest)
        {
            Volatile.Write(ref _earliest, dueTicks);
            if (dueTicks < Volatile.Read(ref _sleepsUntil))
                WakeThread();
        }
    }

    private void Unschedule(NicQueuePair queuePair)
    {
        queuePair.Deadline = long.MaxValue;
        int index = queuePair.TimerIndex;
        if (index < 0)
            return;
        NicQueuePair last = _timed[^1];
        _timed[index] = last;
        last.TimerIndex = index;
        _timed.RemoveAt(_timed.Count - 1);
        queuePair.TimerIndex = -1;
    }

    private void RunTimers(long now)
    {
        long earliest = long.MaxValue;
        for (int i = _timed.Count - 1; i >= 0; i--)
        {
            NicQueuePair queuePair = _timed[i];
            if (queuePair.Deadline <= now)
            {
                queuePair.Deadline = long.MaxValue;
                queuePair.OnTimer(now);
            }

            if (queuePair.Deadline == long.MaxValue)
                Unschedule(queuePair);
            else
                earliest = Math.Min(earliest, queuePair.Deadline);
        }

        Volatile.Write(ref _earliest, earliest);
    }
}
