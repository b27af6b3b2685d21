namespace Scatterlist.Vrtd.Emulator;

/// <summary>
/// The configuration memory jobs of a daemon, and the one place that there is, for all devices together, for a job or
/// a reset. Finished jobs are remembered, the oldest forgotten first. Thread-safe.
/// </summary>
internal sealed class CfgmemJobs
{
    private const int Remembered = 64;

    private readonly Lock _gate = new();
    private readonly Queue<CfgmemJob> _jobs = [];
    private ulong _lastId;
    private bool _isBusy;

    /// <summary>Takes the place; false when an operation is running.</summary>
    internal bool TryBegin()
    {
        lock (_gate)
        {
            if (_isBusy)
                return false;
            return _isBusy = true;
        }
    }

    internal void End()
    {
        lock (_gate)
            _isBusy = false;
    }

    /// <summary>Makes a job for a connection that has the place.</summary>
    internal CfgmemJob Add(ulong owner)
    {
        lock (_gate)
        {
            var job = new CfgmemJob(++_lastId, owner);
            _jobs.Enqueue(job);
            if (_jobs.Count > Remembered)
                _jobs.Dequeue();
            return job;
        }
    }

    internal CfgmemJob? Find(ulong id)
    {
        lock (_gate)
            return _jobs.FirstOrDefault(job => job.Id == id);
    }
}
