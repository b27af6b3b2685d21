using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Client;

/// <summary>
/// Which generations of the wire a daemon may speak, narrowed by what it answered (wire specification, section 14). A
/// request that grew between versions goes out in its shortest form that is still possible: a newer daemon refuses that
/// by its length alone and does nothing, whereas an older one would misread a longer form.
/// </summary>
internal sealed class WireKnowledge
{
    private readonly Lock _lock = new();
    private WireShape _lowest = WireShape.V1;
    private WireShape _highest = WireShape.V2;

    public WireShape Lowest
    {
        get
        {
            lock (_lock)
                return _lowest;
        }
    }

    public DaemonVersion Version
    {
        get
        {
            lock (_lock)
            {
                return (_lowest, _highest) switch
                {
                    (WireShape.V2, _) => DaemonVersion.Version2,
                    (WireShape.V1, WireShape.V1) => DaemonVersion.Version1,
                    (WireShape.V1, WireShape.V2) => DaemonVersion.Unknown,
                    (WireShape.V1, _) => DaemonVersion.BelowVersion2,
                    (_, WireShape.V2) => DaemonVersion.Unknown,
                    _ => DaemonVersion.Intermediate,
                };
            }
        }
    }

    /// <summary>
    /// The device information is as long as <paramref name="shape"/> has it: V1 stands for all below V2.
    /// </summary>
    public void LearnFromDeviceInfo(WireShape shape)
    {
        lock (_lock)
        {
            if (shape == WireShape.V2)
            {
                _lowest = _highest = WireShape.V2;
            }
            else if (_lowest <= WireShape.MidB)
            {
                _highest = Min(_highest, WireShape.MidB);
            }
        }
    }

    /// <summary>
    /// A request in the form of <paramref name="shape"/> was taken, and every shape up to <paramref name="last"/> has
    /// that same form.
    /// </summary>
    public void LearnAccepted(WireShape shape, WireShape last)
    {
        lock (_lock)
        {
            if (_lowest <= last && shape >= _lowest)
                _highest = Min(_highest, last);
        }
    }

    /// <summary>A form was refused for being too short: the daemon speaks <paramref name="next"/> at least.</summary>
    /// <returns>False when that is impossible, so that the refusal had another reason.</returns>
    public bool TryLearnRefused(WireShape next)
    {
        lock (_lock)
        {
            if (next > _highest)
                return false;
            if (next > _lowest)
                _lowest = next;
            return true;
        }
    }

    private static WireShape Min(WireShape a, WireShape b) => a < b ? a : b;
}
