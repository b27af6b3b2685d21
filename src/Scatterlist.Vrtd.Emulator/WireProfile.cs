namespace Scatterlist.Vrtd.Emulator;

/// <summary>Which generation of the daemon an emulated one passes for (vrtd wire specification §13 and §14).</summary>
public enum WireProfile
{
    /// <summary>Release 1.0.0. Every client can talk to it.</summary>
    Version1,

    /// <summary>
    /// Version 2: shell and JTAG state in the device info, two queue pairs a buffer, configuration memory jobs. Clients
    /// of version 1 do not accept its device info.
    /// </summary>
    Version2,

    /// <summary>
    /// Version 2 with the stricter rules of the hardened daemon: a descriptor that a request does not take is refused,
    /// and the DMA info has the BDF first.
    /// </summary>
    Hardened,
}
