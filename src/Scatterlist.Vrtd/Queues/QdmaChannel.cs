namespace Scatterlist.Vrtd;

/// <summary>The memory-mapped NoC channel that a queue uses (version 2 wire; version 1 has no such choice).</summary>
/// <remarks>Source: vrtd wire specification, section 2.</remarks>
public enum QdmaChannel : uint
{
    /// <summary>Both: the daemon makes one queue pair a channel.</summary>
    Auto = 0,

    /// <summary>Channel 0.</summary>
    Channel0 = 1,

    /// <summary>Channel 1.</summary>
    Channel1 = 2,
}
