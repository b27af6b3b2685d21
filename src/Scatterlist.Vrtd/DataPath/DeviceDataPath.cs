namespace Scatterlist.Vrtd.DataPath;

/// <summary>
/// How bytes move between host memory and the device through the descriptor that a buffer or queue pair brought. The
/// kinds of descriptor differ in everything but this. Thread-safe. The caller holds the descriptor and the memory.
/// </summary>
internal abstract class DeviceDataPath
{
    /// <summary>Moves all bytes to the device. Continues short transfers; never issues one of no bytes.</summary>
    /// <remarks>
    /// The result comes in registers: copies of an <see cref="IoResult"/> through a few calls cost as much as a tenth
    /// of a small transfer.
    /// </remarks>
    /// <param name="address">The device address of the first byte.</param>
    /// <param name="source">Host memory.</param>
    /// <param name="errno">Why it ended early, or <see cref="Errno.None"/>.</param>
    /// <returns>The bytes that moved.</returns>
    public abstract nuint Write(ulong address, Block source, out Errno errno);

    /// <summary>Moves all bytes from the device; the mirror image of <see cref="Write(ulong, Block, out Errno)"/>.
    /// </summary>
    public abstract nuint Read(ulong address, Block destination, out Errno errno);

    /// <summary>Moves all bytes of a sequence to the device, block by block.</summary>
    public virtual ulong Write(ulong address, in BlockSequence source, out Errno errno)
    {
        ulong done = 0;
        errno = Errno.None;
        foreach (Block block in source)
        {
            done += Write(address + done, block, out errno);
            if (errno != Errno.None)
                break;
        }

        return done;
    }

    /// <summary>Moves all bytes of a sequence from the device, block by block.</summary>
    public virtual ulong Read(ulong address, in BlockSequence destination, out Errno errno)
    {
        ulong done = 0;
        errno = Errno.None;
        foreach (Block block in destination)
        {
            done += Read(address + done, block, out errno);
            if (errno != Errno.None)
                break;
        }

        return done;
    }

    /// <summary>Lets go of what the path itself made. The descriptor is the caller's.</summary>
    public virtual void Release()
    {
    }
}
