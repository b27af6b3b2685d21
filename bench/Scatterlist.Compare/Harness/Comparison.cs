using System.Runtime;

namespace Scatterlist.Compare.Harness;

/// <summary>
/// One row: work that we and a peer do alike. Both sides use the same descriptor, the same memory and the same offsets,
/// and do the same number of operations in a round.
/// </summary>
internal abstract class Comparison : IDisposable
{
    /// <summary>The row's name, unique in its area.</summary>
    public abstract string Name { get; }

    /// <summary>What the figures are in.</summary>
    public abstract Unit Unit { get; }

    /// <summary>What the row must reach.</summary>
    public abstract Threshold Bar { get; }

    /// <summary>Bytes that one operation moves.</summary>
    public abstract ulong BytesPerOperation { get; }

    /// <summary>Ways for the peer to do the work. All are tried; the one with the best median is the peer.</summary>
    public abstract IReadOnlyList<PeerWay> PeerWays { get; }

    /// <summary>Operations of one round, when they are not to be found by trying how long one takes.</summary>
    public virtual int? FixedOperations => null;

    /// <summary>Our side, where it takes its own time: see <see cref="PeerWay.OwnTime"/>. Null: the harness does.</summary>
    public virtual Func<int, double>? OwnTime => null;

    /// <summary>What this machine lacks for the row, and how to get it; null: nothing.</summary>
    public virtual string? Missing => null;

    /// <summary>Rounds at least, unless the command line says otherwise.</summary>
    public virtual int FewestRounds => 31;

    /// <summary>The one figure that stands for a side's turns.</summary>
    public virtual double Typical(IReadOnlyCollection<double> seconds) => Median.Of(seconds);

    /// <summary>Whether our side is a data path, which allocates nothing per operation.</summary>
    public virtual bool IsDataPath => true;

    /// <summary>Whether all the work is on the measuring thread, which may then be kept on one processor.</summary>
    public virtual bool IsOneThread => true;

    /// <summary>
    /// Methods that were compiled so far wherever our side runs, each time anew: while it grows, our side still gets faster.
    /// </summary>
    public virtual long CompiledMethods => JitInfo.GetCompiledMethodCount();

    /// <summary>Makes what both sides use and touches every page of it. Called once, before anything is measured.</summary>
    public abstract void Prepare();

    /// <summary>Our side: so many operations. Throws when one of them goes wrong.</summary>
    public abstract void RunOurs(int operations);

    /// <summary>
    /// Gives both sides new memory, where it makes a difference which pages they happen to have; called before each round,
    /// not timed.
    /// </summary>
    /// <param name="round">The round, from 0.</param>
    public virtual void BeforeRound(int round)
    {
    }

    /// <summary>Puts things back as they were, before each side's turn in each round; not timed.</summary>
    public virtual void BeforeTurn()
    {
    }

    /// <inheritdoc/>
    public abstract void Dispose();
}
