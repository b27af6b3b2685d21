namespace Scatterlist.Opae;

/// <summary>How something that accelerators need was found.</summary>
public enum FpgaFindingStatus
{
    /// <summary>There and usable.</summary>
    Ok,

    /// <summary>Usable within limits that some programs meet; the remedy lifts them.</summary>
    Limited,

    /// <summary>Not there. Emulated accelerators do without.</summary>
    Missing,

    /// <summary>There, and it will not work like that.</summary>
    Broken,
}
