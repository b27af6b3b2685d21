namespace Scatterlist.Vrtd.DataPath;

/// <summary>
/// How bytes move between host memory and the device through the descriptor that a buffer or queue pair brought. The
/// kinds of descriptor differ in everything but this. Thread-safe. The caller holds the descriptor and the memory.
/// </summary>
internal abstract class DeviceDataPath
{
    /// <summary>Moves all bytes to the device. Continues short transfers; never issues one of no bytes.</summary>
    /// <param name="address">The device address of the first byte.</param>
    /// <param name="source">Host memory.</param>
    public abstract IoResult Write(ulong address, Block source);

    /// <summary>Moves all bytes from the device; the mirror image of <see cref="Write(ulong, Block)"/>.</summary>
    public abstract IoResult Read(ulong address, Block destination);

    /// <summary>Moves all bytes of a sequence to the device, block by block.</summary>
    public virtual IoResult Write(ulong address, in BlockSequence source)
    {
        ulong done = 0;
        foreach (Block block in source)
        {
            IoResult result = Write(address + done, block);
            done += result.Bytes;
            if (!result.IsSuccess)
                return IoResult.Failure(result.Errno, done);
        }

        return IoResult.Success(done);
    }

    /// <summary>Moves all bytes of a sequence from the device, block by block.</summary>
    public virtual IoResult Read(ulong address, in BlockSequence destination)
    {
        ulong done = 0;
        foreach (Block block in destination)
        {
            IoResult result = Read(address + done, block);
            done += result.Bytes;
            if (!result.IsSuccess)
                return IoResult.Failure(result.Errno, done);
        }

        return IoResult.Success(done);
    }

    /// <summary>Lets go of what the path itself made. The descriptor is the caller's.</summary>
    public virtual void Release()
    {
    }
}
