using System.Diagnostics;
using Scatterlist.Verbs.SoftRoce.Engine;

namespace Scatterlist.Verbs.SoftRoce.Transport;

/// <remarks>
/// A peer that stands still reads nothing, and a path that loses nothing fills up. Reliable requests then come to their
/// retries' end, also those that not a packet of was sent. Unreliable ones are lost in the end, as on a wire.
/// </remarks>
internal sealed partial class Requester
{
    private static readonly long UnreliablePatience = 4 * Stopwatch.Frequency;

    private long _stuckAt; // since when an unreliable queue pair has found no room; 0 when it does
    private bool _givesUp; // until there is room

    /// <summary>There is no room for the next packet.</summary>
    private Step NoRoom()
    {
        if (_shared is { IsWindowFull: true })
        {
            _qp.BlockedOn = _shared;
            return Step.NoRoom;
        }

        if (!LosesNothing)
            return Step.NoRoom;
        if (_qp.Type == QueuePairType.ReliableConnected)
        {
            _isStuck = true;
        }
        else if (_stuckAt == 0)
        {
            _stuckAt = _qp.Now;
            _qp.Schedule(_stuckAt + UnreliablePatience);
        }

        return Step.NoRoom;
    }

    private void FoundRoom()
    {
        _stuckAt = 0;
        _givesUp = false;
    }

    private void OnStillStuck()
    {
        if (_stuckAt == 0)
            return;
        _stuckAt = 0;
        _givesUp = true;
        _qp.MarkPending();
    }
}
