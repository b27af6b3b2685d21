namespace Scatterlist.Vrtd;

/// <summary>What a job that programs configuration memory is doing (version 2 wire).</summary>
/// <remarks>Source: vrtd wire specification, section 2.</remarks>
public enum CfgmemJobPhase : uint
{
    /// <summary>Waiting to start.</summary>
    Queued = 0,

    /// <summary>Opening the management controller.</summary>
    OpeningAmi = 1,

    /// <summary>Writing the image.</summary>
    Downloading = 2,

    /// <summary>Selecting the boot partition.</summary>
    SelectingPartition = 3,

    /// <summary>Preparing the reset.</summary>
    PreparingReset = 4,

    /// <summary>Removing the PCIe functions.</summary>
    RemovingPcie = 5,

    /// <summary>Resetting the secondary bus.</summary>
    TogglingSecondaryBusReset = 6,

    /// <summary>Rescanning the bus.</summary>
    Rescanning = 7,

    /// <summary>Finding the device again.</summary>
    Rediscovering = 8,

    /// <summary>Done.</summary>
    Done = 9,

    /// <summary>Failed.</summary>
    Failed = 10,
}
