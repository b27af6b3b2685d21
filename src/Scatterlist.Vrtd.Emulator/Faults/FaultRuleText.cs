using System.Globalization;
using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Emulator;

/// <summary>Reads fault rules as they are typed on a command line.</summary>
internal static class FaultRuleText
{
    internal static FaultRule Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split(',', StringSplitOptions.TrimEntries);
        string[] head = parts[0].Split('@', 2);
        FaultRule rule = head[0].Length == 0
            ? throw new FormatException($"The fault '{text}' names no kind. Known are {Known<FaultKind>()}.")
            : TryName(head[0], out FaultKind kind)
            ? new FaultRule { Kind = kind }
            : TryName(head[0], out VrtdReturnCode code)
            ? new FaultRule { Kind = FaultKind.ReturnCode, Code = code }
            : throw new FormatException(
                $"The fault '{text}': '{head[0]}' is no kind. Known are {Known<FaultKind>()}, and the return codes.");
        if (head.Length == 2)
            rule = rule with { Opcode = OpcodeNamed(head[1], text) };
        return parts[1..].Aggregate(rule, (current, part) => With(current, part, text));
    }

    private static FaultRule With(FaultRule rule, string part, string text)
    {
        string[] pair = part.Split('=', 2, StringSplitOptions.TrimEntries);
        string value = pair.Length == 2 ? pair[1] : "";
        return pair[0].ToUpperInvariant() switch
        {
            "SKIP" => rule with { Skip = (int)Number(value, int.MaxValue, text) },
            "COUNT" when value.Equals("all", StringComparison.OrdinalIgnoreCase) => rule with { Count = int.MaxValue },
            "COUNT" => rule with { Count = (int)Number(value, int.MaxValue, text) },
            "DELAY" => rule with { Delay = TimeSpan.FromMilliseconds(Number(value, int.MaxValue, text)) },
            "LENGTH" => rule with { Length = Number(value, long.MaxValue, text) },
            "CODE" when TryName(value, out VrtdReturnCode code) => rule with { Code = code },
            "CODE" => rule with { Code = (VrtdReturnCode)Number(value, ushort.MaxValue, text) },
            _ => throw new FormatException(
                $"The fault '{text}': '{part}' is none of skip=, count=, delay=, code= and length=."),
        };
    }

    private static Opcode OpcodeNamed(string name, string text)
    {
        // The names of the wire, BUFFER_OPEN or QDMA_QPAIR_OP, mean the same as those of the enumeration.
        string spelled = Plain(name).Replace("QPAIR", "QUEUEPAIR", StringComparison.Ordinal);
        spelled = spelled switch
        {
            "QDMAQUEUEPAIROP" => "QDMAQUEUEPAIROPERATION",
            "CLOCKOP" => "CLOCKOPERATION",
            "DEVICEHOTPLUGOP" => "DEVICEHOTPLUG",
            _ => spelled,
        };
        return TryName(spelled, out Opcode opcode)
            ? opcode
            : throw new FormatException(
                $"The fault '{text}': there is no request '{name}'. Known are {Known<Opcode>()}.");
    }

    private static ulong Number(string value, ulong highest, string text) =>
        ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) && number <= highest
            ? number
            : throw new FormatException($"The fault '{text}': '{value}' is no number from 0 to {highest}.");

    private static bool TryName<T>(string name, out T value)
        where T : struct, Enum
    {
        string plain = Plain(name);
        foreach (T candidate in Enum.GetValues<T>())
        {
            if (candidate.ToString().Equals(plain, StringComparison.OrdinalIgnoreCase))
            {
                value = candidate;
                return true;
            }
        }

        value = default;
        return false;
    }

    private static string Plain(string name) => name
        .Replace("-", "", StringComparison.Ordinal)
        .Replace("_", "", StringComparison.Ordinal)
        .ToUpperInvariant();

    private static string Known<T>()
        where T : struct, Enum => string.Join(", ", Enum.GetNames<T>());
}
