namespace Scatterlist.Opae.SoftAccelerator;

/// <summary>Why an access of the accelerator to host memory was stopped.</summary>
public enum DmaFaultReason
{
    /// <summary>Nothing is mapped at the address.</summary>
    NotMapped,

    /// <summary>The mapping does not allow this access: a write to a read-only buffer.</summary>
    NotPermitted,

    /// <summary>The range reaches past the last address.</summary>
    OutOfRange,

    /// <summary>The driver has not made the device a bus master (bit 2 of its PCI command register).</summary>
    BusMasterOff,

    /// <summary>Another process holds the memory and did not move the bytes.</summary>
    PeerFailed,
}
