namespace Scatterlist.Vrtd;

/// <summary>
/// A return code of vrtd, as it stands in the header of every reply. Codes that this list does not name are kept as
/// their number.
/// </summary>
/// <remarks>Source: vrtd wire specification, section 2.</remarks>
public enum VrtdReturnCode : ushort
{
    /// <summary>The request was carried out.</summary>
    Ok = 0,

    /// <summary>The library was misused. Made by a client only: never on the wire.</summary>
    BadLibCall = 1,

    /// <summary>The connection is missing, broken or violates the protocol. Made by a client only.</summary>
    BadConnection = 2,

    /// <summary>Unknown opcode, a body that is too short, a BAR number above 5, or a missing descriptor.</summary>
    BadRequest = 3,

    /// <summary>A value is out of its range.</summary>
    InvalidArgument = 4,

    /// <summary>No such device, BAR, buffer or job.</summary>
    NotExist = 5,

    /// <summary>A failure of the driver, of the card's management controller, or of the daemon itself.</summary>
    InternalError = 6,

    /// <summary>A permission is missing, or the object belongs to another connection.</summary>
    AuthError = 7,

    /// <summary>No free device memory, or the device is being programmed.</summary>
    Busy = 8,

    /// <summary>The device was booted by JTAG and the daemon refuses to switch its shell (version 2 only).</summary>
    ShellLocked = 9,

    /// <summary>The reply belongs to another request. Made by a client only.</summary>
    ResponseMismatch = 10,
}
