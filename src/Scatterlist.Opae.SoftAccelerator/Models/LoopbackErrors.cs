namespace Scatterlist.Opae.SoftAccelerator.Models;

/// <summary>The bits of the error register. Their meaning is this model's own.</summary>
[Flags]
internal enum LoopbackErrors : uint
{
    None = 0,

    /// <summary>A read of host memory faulted.</summary>
    ReadFault = 1,

    /// <summary>A write of host memory faulted.</summary>
    WriteFault = 2,

    /// <summary>The status line could not be written.</summary>
    StatusFault = 4,
}
