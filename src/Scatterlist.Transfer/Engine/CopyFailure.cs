namespace Scatterlist.Transfer;

/// <summary>Turns what an endpoint said into what the user is told.</summary>
internal static class CopyFailure
{
    internal static void ThrowIfShort(IoResult result, ulong wanted, string verb, Endpoint endpoint, ulong offset)
    {
        if (result.IsSuccess && result.Bytes == wanted)
            return;
        if (result.Errno == Errno.ECANCELED)
            throw new OperationCanceledException();
        throw new TransferException(
            $"{verb} of {wanted} bytes at offset {offset} of {endpoint.Name}", result.Errno, transferred: 0,
            result.IsSuccess ? $"the data ended after {result.Bytes} bytes; did it shrink meanwhile?" : null,
            Remedy(result.Errno));
    }

    internal static Exception Explain(Exception failure, ulong reached) => failure switch
    {
        TransferException known => new TransferException(
            known.Operation, known.Errno, reached,
            $"{(known.Detail is null ? "" : known.Detail + "; ")}{reached} bytes were copied before", known.Remedy, known),
        OperationCanceledException => failure,
        ScatterlistException known => new TransferException(
            known.Operation, known.Errno, reached, $"{reached} bytes were copied before", known.Remedy, known),
        _ => failure,
    };

    private static string? Remedy(Errno errno) => errno switch
    {
        Errno.ENOSPC => "Free some space at the destination.",
        Errno.EDQUOT => "The user's quota is used up: free some space.",
        Errno.EFBIG => "The file would pass the file system's or the user's size limit ('ulimit -f').",
        _ => null,
    };
}
