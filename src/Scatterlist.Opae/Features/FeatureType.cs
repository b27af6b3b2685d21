namespace Scatterlist.Opae;

/// <summary>What a device feature header heads: bits 60 to 63 of it.</summary>
public enum FeatureType
{
    /// <summary>An accelerator function.</summary>
    Accelerator = 1,

    /// <summary>A basic building block.</summary>
    BasicBuildingBlock = 2,

    /// <summary>A private feature.</summary>
    Private = 3,

    /// <summary>The FPGA's management engine.</summary>
    ManagementEngine = 4,
}
