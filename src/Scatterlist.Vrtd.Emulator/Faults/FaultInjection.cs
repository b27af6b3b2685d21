using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Emulator;

/// <summary>
/// The faults that an emulated daemon injects. Rules may come and go while it runs. Of the rules that strike at one
/// request, every delay is waited for and the first other one is applied. Thread-safe.
/// </summary>
public sealed class FaultInjection
{
    private readonly Lock _gate = new();
    private readonly List<Armed> _rules = [];
    private volatile bool _isEmpty = true;
    private long _injected;

    /// <summary>How many faults have struck so far.</summary>
    public long InjectedCount => Interlocked.Read(ref _injected);

    /// <summary>Adds a rule, which starts counting now.</summary>
    public void Add(FaultRule rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        ArgumentOutOfRangeException.ThrowIfNegative(rule.Skip);
        ArgumentOutOfRangeException.ThrowIfNegative(rule.Count);
        lock (_gate)
        {
            _rules.Add(new Armed { Rule = rule, Skip = rule.Skip, Count = rule.Count });
            _isEmpty = false;
        }
    }

    /// <summary>Removes all rules.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _rules.Clear();
            _isEmpty = true;
        }
    }

    /// <summary>Counts one request and tells what strikes at it.</summary>
    internal FaultRule? Next(Opcode opcode, out TimeSpan delay)
    {
        delay = TimeSpan.Zero;
        if (_isEmpty)
            return null;
        FaultRule? fault = null;
        lock (_gate)
        {
            foreach (Armed armed in _rules)
            {
                if (armed.Rule.Opcode is { } only && only != opcode)
                    continue;
                bool isDelay = armed.Rule.Kind == FaultKind.Delay;
                if (!isDelay && fault is not null)
                    continue;
                if (armed.Skip > 0)
                {
                    armed.Skip--;
                    continue;
                }

                if (armed.Count == 0)
                    continue;
                if (armed.Count != int.MaxValue)
                    armed.Count--;
                Interlocked.Increment(ref _injected);
                if (isDelay)
                    delay += armed.Rule.Delay;
                else
                    fault = armed.Rule;
            }
        }

        return fault;
    }

    private sealed class Armed
    {
        internal required FaultRule Rule { get; init; }

        internal int Skip { get; set; }

        internal int Count { get; set; }
    }
}
