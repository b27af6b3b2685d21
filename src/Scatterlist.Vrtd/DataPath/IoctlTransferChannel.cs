using Scatterlist.Vrtd.Interop;

namespace Scatterlist.Vrtd.DataPath;

/// <summary>
/// The version 2 driver itself, by ioctl(2). The layouts are proved by tests; no card with this driver has run it.
/// </summary>
internal sealed class IoctlTransferChannel(FileDescriptor descriptor) : TransferChannel
{
    // The driver writes the new descriptor as the call's return value, and two hints behind the length.
    public override Errno CreateBuffer(nuint length, out FileDescriptor? buffer)
    {
        Span<byte> message = stackalloc byte[TransferMessage.CreateSize];
        TransferMessage.WriteCreate(message, length);
        int result = LibC.IoControl(
            (int)descriptor.DangerousGetHandle(), TransferMessage.CreateNumber, message, out Errno errno);
        buffer = null;
        if (result < 0)
            return errno;

        // A driver that takes the number for something of its own may answer any number: only one that has filled in
        // the granule has made a descriptor, and only then the number is ours to close.
        if (TransferMessage.ReadGranule(message) == 0)
            return Errno.ENOTTY;
        buffer = FileDescriptor.FromOwned(result);
        return Errno.None;
    }

    public override Errno Transfer(
        ReadOnlySpan<TransferPiece> pieces, uint direction, FileDescriptor buffer, out ulong moved)
    {
        Span<byte> message = stackalloc byte[TransferMessage.TransferSize];
        TransferMessage.WriteTransfer(message, pieces, direction, buffer.Value);
        int result = LibC.IoControl(
            (int)descriptor.DangerousGetHandle(), TransferMessage.TransferNumber, message, out Errno errno);
        moved = result < 0 ? 0 : (ulong)result;
        return errno;
    }
}
