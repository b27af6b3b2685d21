namespace Scatterlist.Vrtd.DataPath;

/// <summary>The two calls of the version 2 driver, however they reach it.</summary>
internal abstract class TransferChannel
{
    /// <summary>Makes host memory that the driver can reach and that can be mapped, whole pages of it.</summary>
    public abstract Errno CreateBuffer(nuint length, out FileDescriptor? buffer);

    /// <summary>Moves pieces between such memory and the device.</summary>
    /// <param name="pieces">One or two.</param>
    /// <param name="direction">See <see cref="TransferMessage"/>.</param>
    /// <param name="buffer">What <see cref="CreateBuffer"/> made.</param>
    /// <param name="moved">The bytes moved, in the order of the pieces.</param>
    public abstract Errno Transfer(
        ReadOnlySpan<TransferPiece> pieces, uint direction, FileDescriptor buffer, out ulong moved);
}
