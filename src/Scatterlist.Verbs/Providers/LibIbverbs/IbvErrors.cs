namespace Scatterlist.Verbs.Providers.LibIbverbs;

/// <summary>What the errors of libibverbs mean.</summary>
internal static class IbvErrors
{
    /// <summary>A verb that returns the errno itself.</summary>
    internal static void Check(int result, string verb)
    {
        if (result != 0)
            throw new VerbsException(verb, Of(result), remedy: RemedyOf(Of(result)));
    }

    /// <summary>A verb that returned NULL.</summary>
    internal static VerbsException Failed(string verb, Errno errno, string? detail = null, string? remedy = null) =>
        new(verb, errno, detail, remedy ?? RemedyOf(errno));

    /// <summary>Some drivers return -1, some the errno, some its negative.</summary>
    internal static Errno Of(int result) => result switch
    {
        -1 => Errno.EIO,
        < 0 => (Errno)(-result),
        _ => (Errno)result,
    };

    private static string? RemedyOf(Errno errno) => errno == Errno.EMFILE ? Remedies.OpenFiles : null;
}
