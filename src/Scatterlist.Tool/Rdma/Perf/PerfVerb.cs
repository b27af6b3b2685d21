namespace Scatterlist.Tool.Rdma.Perf;

/// <summary>What is measured.</summary>
internal enum PerfVerb
{
    /// <summary>Messages into the peer's receives.</summary>
    Send,

    /// <summary>Writes into the peer's memory.</summary>
    Write,

    /// <summary>Reads from the peer's memory.</summary>
    Read,

    /// <summary>Fetch-and-add or compare-and-swap on the peer's memory.</summary>
    Atomic,
}
