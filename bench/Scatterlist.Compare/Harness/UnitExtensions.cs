namespace Scatterlist.Compare.Harness;

internal static class UnitExtensions
{
    /// <summary>The unit's sign, as tables and JSON have it.</summary>
    public static string Sign(this Unit unit) => unit switch
    {
        Unit.Nanoseconds => "ns",
        Unit.Microseconds => "us",
        Unit.Milliseconds => "ms",
        Unit.GigabytesPerSecond => "GB/s",
        Unit.BytesPerOperation => "B/op",
        _ => throw new ArgumentOutOfRangeException(nameof(unit), unit, "Not a unit."),
    };

    /// <summary>The figure for operations of <paramref name="bytes"/> bytes that take so many seconds each.</summary>
    public static double FromSeconds(this Unit unit, double seconds, ulong bytes) => unit switch
    {
        Unit.Nanoseconds => seconds * 1e9,
        Unit.Microseconds => seconds * 1e6,
        Unit.Milliseconds => seconds * 1e3,
        Unit.GigabytesPerSecond => bytes / seconds / 1e9,
        _ => throw new ArgumentOutOfRangeException(nameof(unit), unit, "Not a unit of time."),
    };
}
