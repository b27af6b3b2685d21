namespace Scatterlist.Opae;

/// <summary>Texts of result codes.</summary>
public static class FpgaResultExtensions
{
    /// <summary>The code in words, as <c>fpgaErrStr</c> gives them; <c>unknown error</c> for a number outside the list.</summary>
    public static string Description(this FpgaResult result) => result switch
    {
        FpgaResult.Ok => "success",
        FpgaResult.InvalidParam => "invalid parameter",
        FpgaResult.Busy => "resource busy",
        FpgaResult.Exception => "exception",
        FpgaResult.NotFound => "not found",
        FpgaResult.NoMemory => "no memory",
        FpgaResult.NotSupported => "not supported",
        FpgaResult.NoDriver => "no driver available",
        FpgaResult.NoDaemon => "no fpga daemon running",
        FpgaResult.NoAccess => "insufficient privileges",
        FpgaResult.ReconfigurationError => "reconfiguration error",
        _ => "unknown error",
    };
}
