namespace Scatterlist.Vrtd;

/// <summary>The shell that a card runs (version 2 wire).</summary>
/// <remarks>Source: vrtd wire specification, section 2.</remarks>
public enum ShellType : byte
{
    /// <summary>Not known.</summary>
    Unknown = 0,

    /// <summary>The service shell, in boot partition 0.</summary>
    Service = 1,

    /// <summary>The compute shell, in boot partition 1.</summary>
    Compute = 2,
}
