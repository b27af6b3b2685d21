namespace Scatterlist.Vrtd;

/// <summary>How far a job that programs configuration memory is (version 2 wire).</summary>
/// <remarks>Source: vrtd wire specification, section 2.</remarks>
public enum CfgmemJobState : uint
{
    /// <summary>Not started.</summary>
    Queued = 0,

    /// <summary>Running.</summary>
    Running = 1,

    /// <summary>Ended well.</summary>
    Done = 2,

    /// <summary>Ended with the job's return code.</summary>
    Failed = 3,
}
