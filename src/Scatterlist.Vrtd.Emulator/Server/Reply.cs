using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Emulator;

/// <summary>
/// The answer that is being made on one connection; used again for every request. An error has neither body nor
/// descriptor.
/// </summary>
internal sealed class Reply
{
    private readonly byte[] _datagram = new byte[FrameHeader.MaxMessage];

    /// <summary>Where the body goes, zeroed.</summary>
    internal Span<byte> Body => _datagram.AsSpan(FrameHeader.Size);

    internal int BodyLength { get; set; }

    /// <summary>The descriptor to send along; disposed after sending.</summary>
    internal FileDescriptor? Descriptor { get; set; }

    internal VrtdReturnCode Code { get; private set; }

    internal void Reset()
    {
        _datagram.AsSpan(0, FrameHeader.Size + BodyLength).Clear();
        BodyLength = 0;
        Code = VrtdReturnCode.Ok;
        DropDescriptor();
    }

    internal void DropDescriptor()
    {
        Descriptor?.Dispose();
        Descriptor = null;
    }

    internal void Finish(VrtdReturnCode code)
    {
        Code = code;
        if (code == VrtdReturnCode.Ok)
            return;
        Body[..BodyLength].Clear();
        BodyLength = 0;
        DropDescriptor();
    }

    /// <summary>The whole datagram, header included.</summary>
    internal Span<byte> Frame(uint sequence)
    {
        FrameHeader.Reply(Code, BodyLength, sequence).Write(_datagram);
        return _datagram.AsSpan(0, FrameHeader.Size + BodyLength);
    }
}
