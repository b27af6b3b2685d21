using System.Numerics;

namespace Scatterlist.Vfio;

/// <summary>A model's interrupt vectors: who is told, which are masked, which have fired meanwhile. Thread-safe.</summary>
internal sealed class InterruptLines
{
    private const int KindCount = 5;
    private const int MaxVectors = 2048;

    private readonly Lock _lock = new();
    private readonly Line[][] _lines = new Line[KindCount][];

    internal InterruptLines(IReadOnlyDictionary<InterruptKind, int> vectors)
    {
        Kinds = new VfioInterruptInfo[KindCount];
        for (int i = 0; i < KindCount; i++)
        {
            var kind = (InterruptKind)i;
            int count = vectors.GetValueOrDefault(kind);
            if (count is < 0 or > MaxVectors || (kind == InterruptKind.Intx && count > 1)
                || (kind == InterruptKind.Msi && count != 0 && !BitOperations.IsPow2(count)))
            {
                throw new ArgumentException($"A device cannot have {count} {kind} vectors.", nameof(vectors));
            }

            _lines[i] = new Line[count];
            InterruptFlags flags = count == 0 ? InterruptFlags.None
                : kind == InterruptKind.Intx
                    ? InterruptFlags.EventFd | InterruptFlags.Maskable | InterruptFlags.AutoMasked
                    : InterruptFlags.EventFd | InterruptFlags.Maskable;
            Kinds[i] = new VfioInterruptInfo(kind, count, flags);
        }
    }

    internal VfioInterruptInfo[] Kinds { get; }

    internal int CountOf(InterruptKind kind) => (uint)kind < KindCount ? _lines[(int)kind].Length : 0;

    internal bool Raise(InterruptKind kind, int vector)
    {
        if ((uint)vector >= (uint)CountOf(kind))
            throw new ArgumentOutOfRangeException(nameof(vector), vector, $"There is no such {kind} vector.");
        lock (_lock)
        {
            ref Line line = ref _lines[(int)kind][vector];
            if (line.Event is null)
                return false;
            if (line.IsMasked)
                line.IsPending = true;
            else
                Fire(kind, ref line);
            return true;
        }
    }

    /// <summary>Takes over descriptors; null takes a vector's away. The range was checked.</summary>
    internal void Set(InterruptKind kind, int first, ReadOnlySpan<FileDescriptor?> events)
    {
        lock (_lock)
        {
            for (int i = 0; i < events.Length; i++)
            {
                ref Line line = ref _lines[(int)kind][first + i];
                line.Event?.Dispose();
                line = new Line { Event = events[i] };
            }
        }
    }

    internal void Change(InterruptKind kind, int first, int count, InterruptChange change)
    {
        lock (_lock)
        {
            Span<Line> lines = change == InterruptChange.Disable ? _lines[(int)kind] : _lines[(int)kind].AsSpan(first, count);
            foreach (ref Line line in lines)
            {
                switch (change)
                {
                    case InterruptChange.Disable:
                        line.Event?.Dispose();
                        line = default;
                        break;
                    case InterruptChange.Trigger:
                        Fire(kind, ref line);
                        break;
                    case InterruptChange.Mask:
                        line.IsMasked = true;
                        break;
                    default:
                        line.IsMasked = false;
                        if (line.IsPending)
                            Fire(kind, ref line);
                        break;
                }
            }
        }
    }

    internal void Clear()
    {
        for (int i = 0; i < KindCount; i++)
            Change((InterruptKind)i, 0, 0, InterruptChange.Disable);
    }

    private static void Fire(InterruptKind kind, ref Line line)
    {
        line.IsPending = false;
        if (line.Event is null)
            return;
        line.IsMasked = kind == InterruptKind.Intx;
        // A client that lets its counter run full has a signal waiting already: nothing is lost, and nobody blocks.
        EventCalls.Signal(line.Event);
    }

    private struct Line
    {
        internal FileDescriptor? Event;
        internal bool IsMasked;
        internal bool IsPending;
    }
}
