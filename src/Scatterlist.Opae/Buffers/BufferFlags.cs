namespace Scatterlist.Opae;

/// <summary>How a buffer is prepared (<c>fpga_buffer_flags</c>). Other bits are refused.</summary>
/// <remarks>Source: <c>opae/types_enum.h</c> and <c>opae/buffer.h</c>.</remarks>
[Flags]
public enum BufferFlags
{
    /// <summary>Memory of the library's own, which the accelerator may read and write.</summary>
    None = 0,

    /// <summary>The caller's memory is shared; it must be mapped until the buffer is released.</summary>
    Preallocated = 1,

    /// <summary>No log message for a refusal, which the caller expects or probes for.</summary>
    Quiet = 2,

    /// <summary>The accelerator may only read. The mapping enforces it: a write of the accelerator faults.</summary>
    ReadOnly = 4,
}
