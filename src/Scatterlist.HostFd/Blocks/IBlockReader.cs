namespace Scatterlist.HostFd;

/// <summary>Something that bytes can be read from into blocks (gVisor's <c>safemem.Reader</c>).</summary>
public interface IBlockReader
{
    /// <summary>
    /// Reads up to as many bytes as the blocks have. Fewer without an error is a success: <see
    /// cref="BlockIO.ReadFull"/>
    /// goes on. When all bytes were read, no error and no end of file is reported with them. An empty sequence is a
    /// success of 0 bytes.
    /// </summary>
    /// <param name="destination">Where the bytes go. Where <see cref="BlockSequence.MayFault"/> is set, only the kernel
    /// or
    /// <see cref="SafeCopy"/> may touch it.</param>
    IoResult ReadToBlocks(in BlockSequence destination);
}
