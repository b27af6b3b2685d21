namespace Scatterlist.HostFd;

/// <summary>
/// Copies to and from memory that may fault: mappings of files that somebody truncates, device windows that can go
/// away,
/// memory that a peer owns. Touched by managed code, such a page ends the process (SIGSEGV and SIGBUS cannot be
/// caught); here the kernel touches it and the result tells the exact count and the address of the fault.
/// </summary>
/// <remarks>
/// <para>The copy is made by process_vm_readv(2) on the process itself. What that cannot reach (device mappings, or
/// everything where seccomp forbids the call) goes through a memfd. A system call costs about a microsecond here: for
/// memory that cannot fault a plain copy is faster by far, and is what a <see cref="BlockSequence"/> gets whose
/// <see cref="BlockSequence.MayFault"/> is not set. No call holds up the garbage collector, and none allocates, except
/// for the first of a program that need the memfd.</para>
/// <para>Overlap is undefined. Not for MMIO registers, where the width of an access matters: see MmioWindow.</para>
/// <para>Thread-safe.</para>
/// </remarks>
public static partial class SafeCopy
{
    private const int LockCount = 64;

    private static readonly byte[] Zeros = GC.AllocateArray<byte>(BounceFile.Length, pinned: true);
    private static readonly Lock[] Locks = [.. Enumerable.Range(0, LockCount).Select(_ => new Lock())];

    /// <summary>Copies between blocks that both may fault.</summary>
    /// <param name="destination">Where the bytes go; as many are copied as the shorter of the two has.</param>
    /// <param name="source">The bytes.</param>
    public static SafeCopyResult Copy(Block destination, Block source) =>
        CopyChecked(new BlockSequence(destination, mayFault: true), new BlockSequence(source, mayFault: true));

    /// <summary>Copies between sequences. Where neither may fault it is a plain copy.</summary>
    /// <param name="destination">Where the bytes go; as many are copied as the shorter of the two has.</param>
    /// <param name="source">The bytes.</param>
    public static SafeCopyResult Copy(in BlockSequence destination, in BlockSequence source) =>
        destination.MayFault || source.MayFault
            ? CopyChecked(in destination, in source)
            : new SafeCopyResult(BlockSequence.Copy(destination, source));

    /// <summary>Sets memory that may fault to zero.</summary>
    public static SafeCopyResult ZeroOut(Block destination) => ZeroOut(new BlockSequence(destination, mayFault: true));

    /// <summary>Sets blocks to zero; those that do not fault plainly.</summary>
    public static SafeCopyResult ZeroOut(in BlockSequence destination)
    {
        if (!destination.MayFault)
            return new SafeCopyResult(destination.Zero());
        ulong done = 0;
        BlockSequence rest = destination;
        while (!rest.IsEmpty)
        {
            SafeCopyResult result = CopyOut(in rest, Zeros);
            done += result.Bytes;
            if (!result.IsSuccess)
                return new SafeCopyResult(done, result.Errno, result.FaultAddress);
            rest = rest.DropFirst(result.Bytes);
        }

        return new SafeCopyResult(done);
    }

    /// <summary>Reads 32 bits from an address that is a multiple of 4.</summary>
    /// <remarks>
    /// Whether the four bytes are read in one access is the kernel's copy routine's matter, and not promised. The same
    /// holds for the calls below. Those are indivisible only towards each other: another process, a device, or plain
    /// managed code may come between their read and their write. The processor's atomic instructions cannot be used on
    /// memory that may fault without a signal handler of one's own; on memory that cannot, use
    /// <see cref="Interlocked"/>.
    /// </remarks>
    /// <param name="address">Where.</param>
    /// <param name="value">What was there; 0 on an error.</param>
    /// <returns>EINVAL for a misaligned address, EFAULT for memory that cannot be touched.</returns>
    public static SafeCopyResult Load32(nint address, out uint value) => LoadAligned(address, out value);

    /// <summary>
    /// Replaces 32 bits at an address that is a multiple of 4; see the remarks on <see cref="Load32"/>.
    /// </summary>
    /// <param name="address">Where.</param>
    /// <param name="value">What to put there.</param>
    /// <param name="old">What was there.</param>
    public static SafeCopyResult Swap32(nint address, uint value, out uint old) =>
        SwapAligned(address, value, out old);

    /// <summary>
    /// Replaces 64 bits at an address that is a multiple of 8; see the remarks on <see cref="Load32"/>.
    /// </summary>
    /// <param name="address">Where.</param>
    /// <param name="value">What to put there.</param>
    /// <param name="old">What was there.</param>
    public static SafeCopyResult Swap64(nint address, ulong value, out ulong old) =>
        SwapAligned(address, value, out old);

    /// <summary>
    /// Replaces 32 bits at an address that is a multiple of 4, if they are <paramref name="comparand"/>; see the
    /// remarks
    /// on <see cref="Load32"/>.
    /// </summary>
    /// <param name="address">Where.</param>
    /// <param name="value">What to put there.</param>
    /// <param name="comparand">What must be there.</param>
    /// <param name="old">What was there: the comparand when it was replaced.</param>
    public static SafeCopyResult CompareExchange32(nint address, uint value, uint comparand, out uint old) =>
        CompareExchangeAligned(address, value, comparand, out old);

    private static Lock LockFor(nint address) => Locks[(int)((nuint)address / 8 % LockCount)];
}
