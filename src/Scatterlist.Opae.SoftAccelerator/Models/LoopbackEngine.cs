using System.Diagnostics;
using System.Runtime.InteropServices;
using Scatterlist.Vfio;

namespace Scatterlist.Opae.SoftAccelerator.Models;

/// <summary>
/// Carries out runs on a thread of its own, which lives while the device has a client. Every access goes through the
/// device's table of reachable memory; ranges are looked up as a whole before a byte moves, so that a fault touches
/// nothing.
/// </summary>
internal sealed class LoopbackEngine
{
    private const int MaxFaults = 256;
    private const int BounceBytes = 256 << 10;
    private const ulong ChunkBytes = 64 << 20; // smaller copies miss what memcpy(3) does for big ones: stores past the cache
    private const ulong GranuleBytes = 4096;
    private const int LineBytes = 64;

    // How long the engine looks for the next run before it sleeps: drivers start runs in close order, and a wake-up takes
    // longer than a small run.
    private static readonly TimeSpan SpinTime = TimeSpan.FromMicroseconds(20);

    // What write runs write: never what another run has read, nor what memory held before.
    private static readonly byte[] Pattern = MakePattern();

    private readonly LoopbackModel _model;
    private readonly EmulatedAcceleratorOptions _options;
    private readonly FaultLog _faults;
    private readonly object _wake = new();
    private readonly byte[] _bounce = GC.AllocateUninitializedArray<byte>(BounceBytes);
    private LoopbackJob _job;
    private Thread? _thread;
    private volatile bool _hasJob; // one was posted and not taken yet
    private volatile bool _isRunning; // a run is under way as the driver sees it
    private volatile bool _isBusy; // the engine may touch host memory
    private volatile bool _abort;
    private volatile bool _end;
    private volatile bool _stop;
    private ulong _runs, _linesRead, _linesWritten, _interrupts;

    internal LoopbackEngine(LoopbackModel model, EmulatedAcceleratorOptions options)
    {
        _model = model;
        _options = options;
        _faults = new FaultLog(MaxFaults, options);
    }

    internal FaultLog Faults => _faults;

    internal EmulatedAcceleratorStatistics GetStatistics() => new(
        Volatile.Read(ref _runs), Volatile.Read(ref _linesRead), Volatile.Read(ref _linesWritten), _faults.Count,
        Volatile.Read(ref _interrupts));

    internal void Start()
    {
        lock (_wake)
        {
            _stop = false;
            _thread = new Thread(Run, 256 << 10) { IsBackground = true, Name = "soft accelerator" };
            _thread.Start();
        }
    }

    /// <summary>Ends the thread, and a run that is under way without its completion.</summary>
    internal void Stop()
    {
        Thread? thread;
        lock (_wake)
        {
            thread = _thread;
            _thread = null;
            _stop = true;
            _abort = true;
            Monitor.PulseAll(_wake);
        }

        thread?.Join();
        lock (_wake)
            _hasJob = _isRunning = _isBusy = _abort = false;
    }

    /// <summary>Starts a run. While one is under way another is dropped, unless the first was told to abort.</summary>
    internal void Post(in LoopbackJob job)
    {
        lock (_wake)
        {
            if (_hasJob || (_isRunning && !_abort))
                return;
            _job = job;
            _end = false;
            _hasJob = true;
            Monitor.PulseAll(_wake);
        }
    }

    /// <summary>Ends a continuous run after its present pass, with its completion.</summary>
    internal void RequestEnd() => _end = true;

    /// <summary>Ends a run without completion, soon.</summary>
    internal void RequestAbort()
    {
        lock (_wake)
        {
            _hasJob = false;
            if (_isRunning)
                _abort = true;
        }
    }

    /// <summary>Ends a run without completion, and waits until the engine touches nothing any more.</summary>
    internal void Abort()
    {
        lock (_wake)
        {
            _hasJob = false;
            if (_isRunning)
                _abort = true;
            while (_isBusy && !_stop)
                Monitor.Wait(_wake);
        }
    }

    /// <summary>Writes host memory for the model: its status line.</summary>
    internal bool Write(ulong address, ReadOnlySpan<byte> line)
    {
        Errno errno = IsBusMaster(address, (ulong)line.Length, DmaAccess.Write)
            ? _model.Dma.Write(new IoAddress(address), line)
            : Errno.EPERM;
        if (errno is not (Errno.None or Errno.EPERM))
            _faults.Add(Locate(address, (ulong)line.Length, DmaAccess.Write, errno));
        return errno == Errno.None;
    }

    private void Run()
    {
        while (TryTake(out LoopbackJob job))
        {
            Carry(in job);
            lock (_wake)
            {
                _isRunning = false;
                _isBusy = false;
                Monitor.PulseAll(_wake);
            }
        }
    }

    private bool TryTake(out LoopbackJob job)
    {
        if (Environment.ProcessorCount > 1)
        {
            long start = Stopwatch.GetTimestamp();
            while (!_hasJob && !_stop && Stopwatch.GetElapsedTime(start) < SpinTime)
                Thread.SpinWait(20);
        }

        lock (_wake)
        {
            while (!_hasJob && !_stop)
                Monitor.Wait(_wake);
            job = _job;
            if (_stop)
                return false;
            _hasJob = false;
            _abort = false;
            _isRunning = true;
            _isBusy = true;
            return true;
        }
    }

    private void Carry(in LoopbackJob job)
    {
        long start = Stopwatch.GetTimestamp();
        ulong read = 0, written = 0;
        LoopbackErrors errors;
        do
        {
            errors = job.IsAddressBad ? BadAddress(in job) : Pass(in job, ref read, ref written);
        }
        while (job.IsContinuous && errors == LoopbackErrors.None && !_end && !_abort);
        Volatile.Write(ref _linesRead, _linesRead + read);
        Volatile.Write(ref _linesWritten, _linesWritten + written);
        lock (_wake)
        {
            if (_abort)
                return;
            _isRunning = false; // who sees the status line may start the next run
        }

        Volatile.Write(ref _runs, _runs + 1);
        var outcome = new LoopbackOutcome((uint)read, (uint)written, errors, Ticks(start));
        errors = _model.Complete(in job, in outcome);
        if (errors != LoopbackErrors.None && job.ErrorVector >= 0)
            Fire(job.ErrorVector);
        if (job.EndVector >= 0 && !(errors != LoopbackErrors.None && job.EndVector == job.ErrorVector))
            Fire(job.EndVector);
    }

    private LoopbackErrors Pass(in LoopbackJob job, ref ulong read, ref ulong written)
    {
        ulong bytes = job.Lines * LineBytes;
        bool reads = job.Mode != LoopbackMode.Write;
        bool writes = job.Mode != LoopbackMode.Read;
        LoopbackErrors errors = LoopbackErrors.None;
        if (reads && !IsReachable(job.Source, bytes, DmaAccess.Read))
            errors |= LoopbackErrors.ReadFault;
        if (writes && !IsReachable(job.Destination, bytes, DmaAccess.Write))
            errors |= LoopbackErrors.WriteFault;
        for (ulong done = 0; errors == LoopbackErrors.None && done < bytes && !_abort;)
        {
            ulong count = Math.Min(ChunkBytes, bytes - done);
            errors = Move(job.Mode, job.Source + done, job.Destination + done, count);
            if (errors != LoopbackErrors.None)
                break;
            read += reads ? count / LineBytes : 0;
            written += writes ? count / LineBytes : 0;
            done += count;
        }

        return errors;
    }

    private LoopbackErrors Move(LoopbackMode mode, ulong source, ulong destination, ulong count)
    {
        if (mode == LoopbackMode.Loopback)
        {
            Errno errno = _model.Dma.Copy(new IoAddress(destination), new IoAddress(source), count);
            if (errno == Errno.None)
                return LoopbackErrors.None;
            // Reachable a moment ago: the memory was taken away meanwhile, or its holder failed.
            DmaAccess access = _model.Dma.Check(new IoAddress(source), count, DmaAccess.Read) == Errno.None
                ? DmaAccess.Write
                : DmaAccess.Read;
            _faults.Add(Locate(access == DmaAccess.Read ? source : destination, count, access, errno));
            return access == DmaAccess.Read ? LoopbackErrors.ReadFault : LoopbackErrors.WriteFault;
        }

        for (ulong done = 0; done < count && !_abort;)
        {
            int piece = (int)Math.Min(BounceBytes, count - done);
            if (mode != LoopbackMode.Write)
            {
                Errno errno = _model.Dma.Read(new IoAddress(source + done), _bounce.AsSpan(0, piece));
                if (errno != Errno.None)
                {
                    _faults.Add(Locate(source + done, (ulong)piece, DmaAccess.Read, errno));
                    return LoopbackErrors.ReadFault;
                }
            }

            if (mode != LoopbackMode.Read)
            {
                Errno errno = _model.Dma.Write(new IoAddress(destination + done), Pattern.AsSpan(0, piece));
                if (errno != Errno.None)
                {
                    _faults.Add(Locate(destination + done, (ulong)piece, DmaAccess.Write, errno));
                    return LoopbackErrors.WriteFault;
                }
            }

            done += (ulong)piece;
        }

        return LoopbackErrors.None;
    }

    private bool IsReachable(ulong address, ulong length, DmaAccess access)
    {
        if (!IsBusMaster(address, length, access))
            return false;
        Errno errno = _model.Dma.Check(new IoAddress(address), length, access);
        if (errno == Errno.None)
            return true;
        _faults.Add(Locate(address, length, access, errno));
        return false;
    }

    private bool IsBusMaster(ulong address, ulong length, DmaAccess access)
    {
        if (_model.Config.IsBusMaster)
            return true;
        var start = new IoAddress(address);
        _faults.Add(new DmaFault(start, access, DmaFaultReason.BusMasterOff, start, length));
        return false;
    }

    private LoopbackErrors BadAddress(in LoopbackJob job)
    {
        var start = new IoAddress(job.Source);
        _faults.Add(new DmaFault(
            start, DmaAccess.ReadWrite, DmaFaultReason.OutOfRange, start, job.Lines * LineBytes));
        return LoopbackErrors.ReadFault | LoopbackErrors.WriteFault;
    }

    // The first page that stops the access: pages before it can be reached, so halving finds it.
    private DmaFault Locate(ulong address, ulong length, DmaAccess access, Errno errno)
    {
        var start = new IoAddress(address);
        if (errno is not (Errno.EFAULT or Errno.EINVAL))
            return new DmaFault(start, access, DmaFaultReason.PeerFailed, start, length);
        if (errno == Errno.EINVAL || length - 1 > ulong.MaxValue - address)
            return new DmaFault(start, access, DmaFaultReason.OutOfRange, start, length);
        ulong good = 0, bad = length; // so many bytes are known to be reachable, so many are known not to be
        while (bad - good > 1)
        {
            ulong middle = good + ((bad - good) / 2);
            if (bad - good > GranuleBytes * 2)
                middle = ((address + middle) & ~(GranuleBytes - 1)) - address;
            if (_model.Dma.Check(start, middle, access) == Errno.None)
                good = middle;
            else
                bad = middle;
        }

        var at = new IoAddress(address + good);
        DmaAccess other = access == DmaAccess.Write ? DmaAccess.Read : DmaAccess.Write;
        DmaFaultReason reason = _model.Dma.Check(at, 1, other) == Errno.None
            ? DmaFaultReason.NotPermitted
            : DmaFaultReason.NotMapped;
        return new DmaFault(at, access, reason, start, length);
    }

    // Words that count up, so that a line in a wrong place shows.
    private static byte[] MakePattern()
    {
        byte[] pattern = new byte[BounceBytes];
        Span<uint> words = MemoryMarshal.Cast<byte, uint>(pattern.AsSpan());
        for (int i = 0; i < words.Length; i++)
            words[i] = 0x5eed0000u + (uint)i;
        return pattern;
    }

    private void Fire(int vector)
    {
        Volatile.Write(ref _interrupts, _interrupts + 1);
        _model.RaiseInterrupt(InterruptKind.MsiX, vector);
    }

    private ulong Ticks(long start)
    {
        double microseconds = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        return Math.Max(1, (ulong)(microseconds * _options.ClockMegahertz));
    }
}
