using System.Globalization;

namespace Scatterlist.Compare.Harness;

/// <summary>What a row must reach: a ratio of our figure to the peer's, or a figure of our own.</summary>
internal readonly record struct Threshold
{
    private readonly bool _atLeast;
    private readonly bool _absolute;
    private readonly bool _difference;
    private readonly string _sign;

    private Threshold(double limit, bool atLeast, bool absolute, string sign, bool difference = false)
    {
        _difference = difference;
        Limit = limit;
        _atLeast = atLeast;
        _absolute = absolute;
        _sign = sign;
    }

    /// <summary>The number in the bar.</summary>
    public double Limit { get; }

    /// <summary>Ours is at most so many times the peer's.</summary>
    public static Threshold AtMostRatio(double limit) => new(limit, atLeast: false, absolute: false, "x");

    /// <summary>Ours is at least so many times the peer's.</summary>
    public static Threshold AtLeastRatio(double limit) => new(limit, atLeast: true, absolute: false, "x");

    /// <summary>Ours is at most so much, whatever the peer's is.</summary>
    public static Threshold AtMost(double limit, Unit unit) => new(limit, atLeast: false, absolute: true, " " + unit.Sign());

    /// <summary>Ours is at most so much more than the peer's.</summary>
    public static Threshold AtMostMore(double limit, Unit unit) =>
        new(limit, atLeast: false, absolute: true, " " + unit.Sign() + " more", difference: true);

    /// <summary>Ours is at least so much, whatever the peer's is.</summary>
    public static Threshold AtLeast(double limit, Unit unit) => new(limit, atLeast: true, absolute: true, " " + unit.Sign());

    /// <summary>Whether the figures reach the bar.</summary>
    public bool IsMetBy(double ours, double? peer)
    {
        double? figure = _difference ? ours - peer : _absolute ? ours : ours / peer;
        return _atLeast ? figure >= Limit : figure <= Limit;
    }

    /// <summary><c>&lt;= 1.05x</c>, <c>&gt;= 0.90x</c>, <c>&lt;= 0.3 ms</c>.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{(_atLeast ? ">=" : "<=")} {Limit.ToString(_absolute ? "0.##" : "0.00", CultureInfo.InvariantCulture)}{_sign}");
}
