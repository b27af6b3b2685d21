namespace Scatterlist.HostFd;

/// <summary>Something that bytes can be written to from blocks (gVisor's <c>safemem.Writer</c>).</summary>
public interface IBlockWriter
{
    /// <summary>
    /// Writes up to as many bytes as the blocks have. Fewer without an error is a success:
    /// <see cref="BlockIO.WriteFull"/> goes on. When all bytes were written, no error is reported with them. An empty
    /// sequence is a success of 0 bytes.
    /// </summary>
    /// <param name="source">The bytes. Where <see cref="BlockSequence.MayFault"/> is set, only the kernel or
    /// <see cref="SafeCopy"/> may touch it.</param>
    IoResult WriteFromBlocks(in BlockSequence source);
}
