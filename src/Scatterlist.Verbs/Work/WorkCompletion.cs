using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Scatterlist.Verbs;

/// <summary>
/// One completed work request. Bit-identical to <c>struct ibv_wc</c> (ibv_poll_cq(3)), so that a device writes
/// straight
/// into the caller's span. When <see cref="Status"/> is not success, only the id, the status, the vendor code and the
/// queue pair number are meaningful.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public readonly partial struct WorkCompletion
{
    private readonly ulong _id;
    private readonly int _status;
    private readonly int _opcode;
    private readonly uint _vendorError;
    private readonly uint _byteLength;
    private readonly uint _immediate; // network order, or the invalidated key in host order
    private readonly uint _queuePair;
    private readonly uint _sourceQueuePair;
    private readonly uint _flags;
    private readonly ushort _partitionKeyIndex;
    private readonly ushort _sourceLid;
    private readonly byte _serviceLevel;
    private readonly byte _destinationPathBits;

    private WorkCompletion(in WorkCompletion other, ulong id)
    {
        this = other;
        _id = id;
    }

    /// <summary>The id that was given with the work request.</summary>
    public ulong Id => _id;

    /// <summary>How it ended.</summary>
    public CompletionStatus Status => (CompletionStatus)_status;

    /// <summary>Whether it ended well.</summary>
    public bool IsSuccess => _status == 0;

    /// <summary>What completed.</summary>
    public CompletionOpcode Opcode => (CompletionOpcode)_opcode;

    /// <summary>The device's own code for an error; 0 where it has none.</summary>
    public uint VendorError => _vendorError;

    /// <summary>
    /// Bytes that were received, read, or written by a write with immediate data. For sends and writes devices
    /// differ:
    /// do not rely on it.
    /// </summary>
    public uint ByteLength => _byteLength;

    /// <summary>The number of the queue pair that the work request was posted to.</summary>
    public uint QueuePairNumber => _queuePair;

    /// <summary>The sender's queue pair number; on datagram queue pairs only.</summary>
    public uint SourceQueuePairNumber => _sourceQueuePair;

    /// <summary>What the completion carries.</summary>
    public CompletionFlags Flags => (CompletionFlags)_flags;

    /// <summary>The peer's immediate data in host order, or null when it sent none.</summary>
    public uint? Immediate => (Flags & CompletionFlags.Immediate) == 0
        ? null
        : BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(_immediate) : _immediate;

    /// <summary>The remote key that the peer invalidated, or null when it invalidated none.</summary>
    public RemoteKey? InvalidatedKey => (Flags & CompletionFlags.Invalidate) == 0 ? null : new RemoteKey(_immediate);

    /// <summary>The index of the partition key; on datagram queue pairs only.</summary>
    public ushort PartitionKeyIndex => _partitionKeyIndex;

    /// <summary>The sender's LID; on InfiniBand datagram queue pairs only.</summary>
    public ushort SourceLid => _sourceLid;

    /// <summary>The service level; on datagram queue pairs only.</summary>
    public byte ServiceLevel => _serviceLevel;

    /// <summary>The path bits of the destination's LID; on InfiniBand datagram queue pairs only.</summary>
    public byte DestinationPathBits => _destinationPathBits;

    /// <summary>For set-up and tests: throws unless the work succeeded.</summary>
    /// <exception cref="VerbsException">The work failed; the exception names the status, and what it hints at.</exception>
    public void EnsureSuccess()
    {
        if (!IsSuccess)
        {
            throw new VerbsException(
                $"work {Id} on QP {QueuePairNumber}", Errno.EIO, $"it completed with {Status}", Status.GetHint());
        }
    }

    /// <summary>The same completion under another id.</summary>
    internal WorkCompletion WithId(ulong id) => new(this, id);

    /// <summary>For people: <c>Send 7 on QP 17: Success, 64 bytes</c>.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{(IsSuccess ? Opcode.ToString() : "Work")} {Id} on QP {QueuePairNumber}: {Status}, {ByteLength} bytes");
}
