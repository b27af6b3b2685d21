namespace Scatterlist.Vfio;

/// <summary>How a <see cref="VfioUserDevice"/> connects. Immutable.</summary>
public sealed record VfioUserOptions
{
    /// <summary>The defaults.</summary>
    public static VfioUserOptions Default { get; } = new();

    /// <summary>The addresses to give out; the pages are at least the server's.</summary>
    public VfioAddressOptions Addresses { get; init; } = VfioAddressOptions.Default;

    /// <summary>
    /// How long the server may take for an answer before the connection counts as dead. Default: 30 seconds.
    /// </summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a wait for an answer looks again and again before the thread sleeps. Default: 100 microseconds,
    /// within which most servers have answered that had to be woken.
    /// </summary>
    public TimeSpan SpinTime { get; init; } = TimeSpan.FromMicroseconds(100);
}
