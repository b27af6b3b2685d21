namespace Scatterlist.Verbs.SoftRoce.Engine.Udp;

/// <summary>What a bad network does, for tests: applied to what a port sends, so that its peers see it.</summary>
/// <param name="Loss">Percent of the packets that vanish.</param>
/// <param name="Duplication">Percent that come twice.</param>
/// <param name="Reordering">Percent that come behind later ones.</param>
/// <param name="Corruption">Percent that come with a wrong bit.</param>
/// <param name="Seed">Of the random numbers: the same seed does the same to the same packets.</param>
internal sealed record UdpFaults(
    double Loss = 0, double Duplication = 0, double Reordering = 0, double Corruption = 0, int Seed = 1)
{
    /// <summary>Reads <c>loss=1,dup=0.5,reorder=2,corrupt=0.1,seed=7</c>, each part optional.</summary>
    /// <exception cref="FormatException">A part is none of these.</exception>
    internal static UdpFaults Parse(string text)
    {
        var faults = new UdpFaults();
        foreach (string part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            int at = part.IndexOf('=', StringComparison.Ordinal);
            string value = at < 0 ? "" : part[(at + 1)..];
            bool isNumber = double.TryParse(
                value, System.Globalization.CultureInfo.InvariantCulture, out double number);
            if (!isNumber || number < 0 || (number > 100 && !part.StartsWith("seed", StringComparison.Ordinal)))
                throw Wrong();
            faults = part[..at] switch
            {
                "loss" => faults with { Loss = number },
                "dup" => faults with { Duplication = number },
                "reorder" => faults with { Reordering = number },
                "corrupt" => faults with { Corruption = number },
                "seed" => faults with { Seed = (int)(number % int.MaxValue) },
                _ => throw Wrong(),
            };

            FormatException Wrong() => new(
                $"'{part}' in '{text}' is no fault: give loss, dup, reorder or corrupt in percent, or seed, "
                + "as in 'loss=1,dup=0.5,seed=7'.");
        }

        return faults;
    }
}
