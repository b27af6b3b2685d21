namespace Scatterlist.Opae;

/// <summary>What a loop-back accelerator does in a run; the numbers are those of its configuration register.</summary>
public enum LoopbackMode
{
    /// <summary>Copies the source to the destination.</summary>
    Loopback = 0,

    /// <summary>Reads the source.</summary>
    Read = 1,

    /// <summary>Writes the destination, with data of its own.</summary>
    Write = 2,

    /// <summary>Reads the source and writes the destination, with data that have nothing to do with each other.</summary>
    Throughput = 3,
}
