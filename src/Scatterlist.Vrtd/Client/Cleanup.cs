using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Client;

/// <summary>The request that gives something back to the daemon: a buffer or a queue pair.</summary>
internal readonly record struct Cleanup
{
    private Cleanup(Opcode opcode, uint device, ulong first, ulong second)
    {
        Opcode = opcode;
        Device = device;
        First = first;
        Second = second;
    }

    public Opcode Opcode { get; }

    private uint Device { get; }

    private ulong First { get; }

    private ulong Second { get; }

    public static Cleanup Buffer(uint device, ulong physicalAddress, ulong allocatedSize) =>
        new(Opcode.BufferClose, device, physicalAddress, allocatedSize);

    public static Cleanup QueuePair(uint device, uint queueId) =>
        new(Opcode.QdmaQueuePairOperation, device, queueId, 0);

    /// <summary>
    /// What a reply that came too late has made, if anything. Its request was given up, so nobody else knows of it.
    /// </summary>
    public static bool TryFromLateReply(Abandoned late, ReadOnlySpan<byte> reply, out Cleanup cleanup)
    {
        cleanup = default;
        ReadOnlySpan<byte> request = late.Body;
        switch (late.Opcode)
        {
            case Opcode.BufferOpen:
                if (!BufferOpenRequest.TryShapeOf(request.Length, out WireShape shape)
                    || !BufferOpenRequest.TryParse(request, shape, out BufferOpenRequest open)
                    || !BufferOpenResponse.TryParse(reply, out BufferOpenResponse opened))
                    return false;
                cleanup = Buffer(open.Device, opened.PhysicalAddress, opened.Size);
                return true;
            case Opcode.BufferOpenRaw:
                if (!BufferOpenRawRequest.TryShapeOf(request.Length, out shape)
                    || !BufferOpenRawRequest.TryParse(request, shape, out BufferOpenRawRequest raw))
                    return false;
                cleanup = Buffer(raw.Device, raw.PhysicalAddress, raw.Size);
                return true;
            case Opcode.QdmaQueuePairAdd:
                if (!QueuePairAddRequest.TryShapeOf(request.Length, out shape)
                    || !QueuePairAddRequest.TryParse(request, shape, out QueuePairAddRequest add)
                    || !QueuePairConfig.TryParse(reply, shape, out QueuePairConfig added))
                    return false;
                cleanup = QueuePair(add.Device, added.QueueId);
                return true;
            default:
                return false;
        }
    }

    public int Write(Span<byte> body) => Opcode == Opcode.BufferClose
        ? new BufferCloseRequest(Device, First, Second).Write(body)
        : new QueuePairOperationRequest(Device, (uint)First, QueuePairOperation.Delete).Write(body);

    /// <summary>For messages; a physical address is the caller's own, so it may be named.</summary>
    public override string ToString() => Opcode == Opcode.BufferClose
        ? $"BUFFER_CLOSE(device {Device}, address 0x{First:x}, {Second} bytes)"
        : $"QDMA_QPAIR_OP(device {Device}, queue {First}, DEL)";
}
