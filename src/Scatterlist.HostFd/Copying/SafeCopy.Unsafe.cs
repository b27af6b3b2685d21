using System.Runtime.CompilerServices;
using Scatterlist.HostFd.Interop;

namespace Scatterlist.HostFd;

public static unsafe partial class SafeCopy
{
    // Pieces that one process_vm_readv call is given of each side. More would only cost stack.
    private const int WindowBlocks = 128;

    /// <summary>Copies memory that may fault into memory that does not.</summary>
    /// <param name="destination">Where the bytes go; as many are copied as the shorter of the two has.</param>
    /// <param name="source">Memory that may fault.</param>
    public static SafeCopyResult CopyIn(Span<byte> destination, Block source) =>
        CopyIn(destination, new BlockSequence(source, mayFault: true));

    /// <summary>Copies blocks into memory that does not fault.</summary>
    /// <param name="destination">Where the bytes go; as many are copied as the shorter of the two has.</param>
    /// <param name="source">The blocks; those that do not fault are copied plainly.</param>
    public static SafeCopyResult CopyIn(Span<byte> destination, in BlockSequence source)
    {
        if (!source.MayFault)
            return new SafeCopyResult((ulong)source.CopyTo(destination));
        fixed (byte* first = destination)
            return CopyChecked(new BlockSequence(new Block(first, (nuint)destination.Length)), in source);
    }

    /// <summary>Copies memory that does not fault into memory that may.</summary>
    /// <param name="destination">Memory that may fault; as many bytes are copied as the shorter of the two has.</param>
    /// <param name="source">The bytes.</param>
    public static SafeCopyResult CopyOut(Block destination, ReadOnlySpan<byte> source) =>
        CopyOut(new BlockSequence(destination, mayFault: true), source);

    /// <summary>Copies memory that does not fault into blocks.</summary>
    /// <param name="destination">The blocks; those that do not fault are copied plainly.</param>
    /// <param name="source">The bytes; as many are copied as the shorter of the two has.</param>
    public static SafeCopyResult CopyOut(in BlockSequence destination, ReadOnlySpan<byte> source)
    {
        if (!destination.MayFault)
            return new SafeCopyResult((ulong)destination.CopyFrom(source));
        fixed (byte* first = source)
            return CopyChecked(in destination, new BlockSequence(new Block(first, (nuint)source.Length)));
    }

    [SkipLocalsInit]
    private static SafeCopyResult CopyChecked(in BlockSequence destination, in BlockSequence source)
    {
        ulong total = ulong.Min(destination.Length, source.Length);
        BlockSequence to = destination.TakeFirst(total);
        BlockSequence from = source.TakeFirst(total);
        bool readRemote = source.MayFault;
        Block* toBlocks = stackalloc Block[WindowBlocks];
        Block* fromBlocks = stackalloc Block[WindowBlocks];
        int pid = Environment.ProcessId;
        ulong done = 0;
        while (done < total)
        {
            var toCount = (nuint)to.MergeBlocksTo(new Span<Block>(toBlocks, WindowBlocks), out _);
            var fromCount = (nuint)from.MergeBlocksTo(new Span<Block>(fromBlocks, WindowBlocks), out _);

            // The kernel walks the remote side page by page, which makes the count exact there on every processor.
            nint copied = readRemote
                ? LibC.ProcessVmReadV(pid, toBlocks, toCount, fromBlocks, fromCount, 0)
                : LibC.ProcessVmWriteV(pid, fromBlocks, fromCount, toBlocks, toCount, 0);
            nuint count = copied > 0 ? (nuint)copied : 0;
            if (count == 0)
            {
                count = Bounce(toBlocks[0], fromBlocks[0], out Errno errno, out nint fault);
                if (count == 0)
                    return new SafeCopyResult(done, errno, fault);
            }

            done += count;
            to = to.DropFirst(count);
            from = from.DropFirst(count);
        }

        return new SafeCopyResult(done);
    }

    /// <summary>The way that reaches all that the process itself could touch, and tells what it could not.</summary>
    private static nuint Bounce(Block destination, Block source, out Errno errno, out nint fault)
    {
        fault = 0;
        errno = BounceFile.TryRent(out BounceFile? file);
        if (errno != Errno.None)
            return 0;
        nuint count = file!.Copy(destination, source, out errno, out bool sourceFaults);
        BounceFile.Return(file);
        if (count == 0 && errno == Errno.EFAULT)
            fault = sourceFaults ? source.Address : destination.Address;
        return count;
    }

    private static SafeCopyResult Load(nint address, void* value, nuint size) =>
        CopyChecked(
            new BlockSequence(new Block(value, size)), new BlockSequence(new Block(address, size), mayFault: true));

    private static SafeCopyResult Store(nint address, void* value, nuint size) =>
        CopyChecked(
            new BlockSequence(new Block(address, size), mayFault: true), new BlockSequence(new Block(value, size)));

    private static SafeCopyResult LoadAligned<T>(nint address, out T value)
        where T : unmanaged
    {
        value = default;
        if ((nuint)address % (nuint)sizeof(T) != 0)
            return new SafeCopyResult(0, Errno.EINVAL, address);
        T loaded;
        SafeCopyResult result = Load(address, &loaded, (nuint)sizeof(T));
        if (result.IsSuccess)
            value = loaded;
        return result;
    }

    private static SafeCopyResult SwapAligned<T>(nint address, T value, out T old)
        where T : unmanaged
    {
        lock (LockFor(address))
        {
            SafeCopyResult result = LoadAligned(address, out old);
            return result.IsSuccess ? Store(address, &value, (nuint)sizeof(T)) : result;
        }
    }

    private static SafeCopyResult CompareExchangeAligned<T>(nint address, T value, T comparand, out T old)
        where T : unmanaged, IEquatable<T>
    {
        lock (LockFor(address))
        {
            SafeCopyResult result = LoadAligned(address, out old);
            return result.IsSuccess && old.Equals(comparand) ? Store(address, &value, (nuint)sizeof(T)) : result;
        }
    }
}
