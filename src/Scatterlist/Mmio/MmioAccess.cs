namespace Scatterlist;

/// <summary>What may be done through an <see cref="MmioWindow"/>.</summary>
[Flags]
public enum MmioAccess
{
    /// <summary>Reads.</summary>
    Read = 1,

    /// <summary>Writes.</summary>
    Write = 2,

    /// <summary>Both.</summary>
    ReadWrite = Read | Write,
}
