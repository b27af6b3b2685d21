using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Client;

internal sealed partial class DaemonClient
{
    /// <summary>Opens a buffer. The caller owns both objects of the result.</summary>
    public OpenedBuffer OpenBuffer(BufferOpenRequest open, CancellationToken cancellationToken)
    {
        string operation = $"BUFFER_OPEN(device {open.Device}, {Name(open.Type)}, {open.Size} bytes, "
            + $"argument {open.Argument}, {open.Direction})";
        Span<byte> body = stackalloc byte[BufferOpenRequest.SizeIn(WireShape.V2)];
        Span<byte> reply = stackalloc byte[BufferOpenResponse.SizeIn(WireShape.V2)];
        while (true)
        {
            WireShape shape = Form(Knowledge.Lowest >= WireShape.MidA);
            RefuseChannel(operation, shape, open.Channel);
            Request request = new(
                Opcode.BufferOpen,
                body[..open.Write(body, shape)],
                BufferOpenResponse.SizeIn(WireShape.V1),
                operation)
            {
                BringsDescriptor = true,
            };
            Reply answer = Connection.Exchange(request, reply, cancellationToken);
            if (GrewOnRefusal(answer.Code, shape, shape))
                continue;
            if (answer.Code != VrtdReturnCode.Ok)
                throw Refused(request, answer.Code);
            _ = BufferOpenResponse.TryParse(
                reply[..Math.Min(answer.Length, reply.Length)], out BufferOpenResponse opened);
            return Own(
                operation, answer.Descriptor!, open.Device, open.Size, opened.Size, opened.PhysicalAddress,
                opened.QueuePairCount);
        }
    }

    /// <summary>Opens a raw buffer. The caller owns both objects of the result.</summary>
    public OpenedBuffer OpenRawBuffer(BufferOpenRawRequest open, CancellationToken cancellationToken)
    {
        string operation = $"BUFFER_OPEN_RAW(device {open.Device}, address 0x{open.PhysicalAddress:x}, "
            + $"{open.Size} bytes, {open.Direction})";
        Span<byte> body = stackalloc byte[BufferOpenRawRequest.SizeIn(WireShape.V2)];
        Span<byte> reply = stackalloc byte[BufferOpenRawResponse.SizeIn(WireShape.V2)];
        while (true)
        {
            // The long form goes out only once the daemon is known to be past version 1, which would take the channel
            // for the address and leave a buffer open at a place nobody asked for.
            WireShape shape = Form(Knowledge.Lowest >= WireShape.MidA);
            RefuseChannel(operation, shape, open.Channel);
            Request request = new(
                Opcode.BufferOpenRaw,
                body[..open.Write(body, shape)],
                BufferOpenRawResponse.SizeIn(WireShape.V1),
                operation)
            {
                BringsDescriptor = true,
            };
            Reply answer = Connection.Exchange(request, reply, cancellationToken);
            if (GrewOnRefusal(answer.Code, shape, shape))
                continue;
            if (answer.Code != VrtdReturnCode.Ok)
                throw Refused(request, answer.Code);
            _ = BufferOpenRawResponse.TryParse(
                reply[..Math.Min(answer.Length, reply.Length)], out BufferOpenRawResponse opened);
            return Own(
                operation, answer.Descriptor!, open.Device, open.Size, open.Size, open.PhysicalAddress,
                opened.QueuePairCount);
        }
    }

    private OpenedBuffer Own(
        string operation, FileDescriptor descriptor, uint device, ulong asked, ulong size, ulong address,
        uint queuePairs)
    {
        if (size < asked || size > ulong.MaxValue - address || queuePairs is 0 or > 2)
        {
            descriptor.Dispose();
            throw Connection.GiveUp(
                operation, $"{size} bytes at 0x{address:x} over {queuePairs} queue pairs are not what was asked for");
        }

        if (!Connection.TryAddChild())
        {
            descriptor.Dispose();
            throw new ObjectDisposedException(nameof(Session));
        }

        DaemonObject allocation = new(Connection, Cleanup.Buffer(device, address, size));
        try
        {
            // The descriptor's last user lets go of the allocation, so the daemon never frees memory in transfer.
            FileDescriptor child = FileDescriptor.FromOwned(descriptor.ReleaseOwnership(), allocation);
            return new OpenedBuffer(allocation, child, size, new DeviceAddress(address), (int)queuePairs);
        }
        catch
        {
            allocation.Dispose();
            throw;
        }
    }

    // Both buffer requests have two forms: version 1's and everybody else's.
    private static WireShape Form(bool isLong) => isLong ? WireShape.V2 : WireShape.V1;

    /// <summary>
    /// Learns from the answer to a grown request. A refused permission is final and teaches nothing: permissions are
    /// looked at before lengths.
    /// </summary>
    /// <param name="code">The daemon's answer.</param>
    /// <param name="shape">The form that was sent.</param>
    /// <param name="last">The newest generation that has this same form.</param>
    /// <returns>Whether the daemon turned out to be newer, so that the request is to be sent again.</returns>
    private bool GrewOnRefusal(VrtdReturnCode code, WireShape shape, WireShape last)
    {
        if (code == VrtdReturnCode.AuthError)
            return false;
        if (code == VrtdReturnCode.BadRequest)
            return last < WireShape.V2 && Knowledge.TryLearnRefused(last + 1);
        Knowledge.LearnAccepted(shape, last);
        return false;
    }

    private static void RefuseChannel(string operation, WireShape shape, QdmaChannel channel)
    {
        if (shape == WireShape.V1 && channel != QdmaChannel.Auto)
        {
            throw new VrtdException(
                operation,
                VrtdReturnCode.InvalidArgument,
                detail: "a memory channel was asked for, which version 1 of vrtd cannot choose",
                remedy: "Use QdmaChannel.Auto, or a daemon of version 2.");
        }
    }

    private static string Name(BufferAllocType type) => type switch
    {
        BufferAllocType.Ddr => "DDR",
        BufferAllocType.Hbm => "HBM",
        BufferAllocType.HbmVnoc => "HBM_VNOC",
        _ => $"type {(uint)type}",
    };
}
