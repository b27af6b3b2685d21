namespace Scatterlist.Verbs;

/// <summary>Values against a device's limits, with the value and the limit's name in the error.</summary>
internal static class LimitCheck
{
    internal static void Range(string verb, string name, long value, long least, long most, string limit)
    {
        if (value < least)
            throw new VerbsException(verb, Errno.EINVAL, $"{name} {value} is below {least}");
        if (value > most)
            throw new VerbsException(verb, Errno.EINVAL, $"{name} {value} is above the limit {most} ({limit})");
    }
}
