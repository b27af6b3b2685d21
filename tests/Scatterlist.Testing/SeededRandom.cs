using System.Globalization;

namespace Scatterlist.Testing;

/// <summary>
/// Random cases that can be replayed: a failure names the seed of its case, and SCATTERLIST_SEED runs just that one.
/// </summary>
public static class SeededRandom
{
    /// <summary>The environment variable that holds the seed to replay.</summary>
    public const string SeedVariable = "SCATTERLIST_SEED";

    /// <summary>Runs <paramref name="body"/> with fresh seeds, or once with the seed of the environment.</summary>
    /// <param name="cases">How many cases.</param>
    /// <param name="body">One case: everything random in it comes from the argument.</param>
    public static void Run(int cases, Action<Random> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        string? replay = Environment.GetEnvironmentVariable(SeedVariable);
        if (!string.IsNullOrEmpty(replay))
        {
            RunOne(int.Parse(replay, CultureInfo.InvariantCulture), body);
            return;
        }

        for (int i = 0; i < cases; i++)
            RunOne(Random.Shared.Next(), body);
    }

    private static void RunOne(int seed, Action<Random> body)
    {
        try
        {
            body(new Random(seed));
        }
        catch (Exception e) when (!e.Message.StartsWith("$XunitDynamicSkip$", StringComparison.Ordinal))
        {
            throw new InvalidOperationException(
                $"Failed with seed {seed}; replay it with {SeedVariable}={seed}. {e.Message}", e);
        }
    }
}
