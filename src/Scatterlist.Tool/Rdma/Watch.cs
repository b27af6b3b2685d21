using System.Diagnostics;
using Scatterlist.Tool.Rdma.Exchange;

namespace Scatterlist.Tool.Rdma;

/// <summary>
/// What a loop that spins asks now and then, so that it ends: was the command interrupted, is the peer gone, has nothing
/// moved for too long. Costs a counter between two looks.
/// </summary>
/// <param name="channel">The connection to the peer.</param>
/// <param name="silence">How long nothing may move while the peer is there.</param>
/// <param name="progress">How far the work is, for the error.</param>
/// <param name="stop">The command's cancellation.</param>
internal sealed class Watch(ControlChannel channel, TimeSpan silence, Func<string> progress, CancellationToken stop)
{
    private const int Every = 1024; // calls between two looks
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private int _calls;
    private long _since = Stopwatch.GetTimestamp();
    private long _goneSince;
    private bool _moved;

    /// <summary>
    /// Whether the end of the connection means the end of the peer. ibv_rc_pingpong closes it once addresses are known:
    /// then only silence tells.
    /// </summary>
    internal bool ExpectsConnection { get; set; } = true;

    /// <summary>The command's cancellation, for waits that sleep.</summary>
    internal CancellationToken Stop => stop;

    /// <summary>Something was done.</summary>
    internal void Moved()
    {
        _moved = true;
        if (++_calls >= Every)
            Look();
    }

    /// <summary>There was nothing to do.</summary>
    internal void Idle()
    {
        if (++_calls < Every)
            return;
        Thread.Yield(); // whoever we wait for may need this processor
        Look();
    }

    /// <summary>Looks now.</summary>
    internal void Look()
    {
        _calls = 0;
        stop.ThrowIfCancellationRequested();
        long now = Stopwatch.GetTimestamp();
        if (_moved)
        {
            _moved = false;
            _since = now;
            _goneSince = 0;
            return;
        }

        if (ExpectsConnection && channel.IsPeerGone)
        {
            // What it sent last may still be on its way to us through the NIC.
            if (_goneSince == 0)
                _goneSince = now;
            if (Stopwatch.GetElapsedTime(_goneSince, now) > Grace)
                throw new PeerException($"the peer is gone ({progress()})");
        }

        if (Stopwatch.GetElapsedTime(_since, now) > silence)
            throw new PeerException($"nothing has come for {silence.TotalSeconds:0} s ({progress()})");
    }
}
