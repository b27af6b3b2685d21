namespace Scatterlist.Vrtd;

/// <summary>How far a job is that programs configuration memory.</summary>
/// <param name="Job">The job.</param>
/// <param name="State">Whether it runs or how it ended.</param>
/// <param name="Phase">What it is doing.</param>
/// <param name="BytesWritten">Bytes of the image that are written.</param>
/// <param name="BytesTotal">Bytes of the image.</param>
/// <param name="Elapsed">Since it started.</param>
/// <param name="Result">How it ended; means nothing before.</param>
/// <remarks>Source: vrtd wire specification, section 3, CFGMEM_PROGRAM_STATUS.</remarks>
public readonly record struct CfgmemJobStatus(
    ulong Job,
    CfgmemJobState State,
    CfgmemJobPhase Phase,
    ulong BytesWritten,
    ulong BytesTotal,
    TimeSpan Elapsed,
    VrtdReturnCode Result);
