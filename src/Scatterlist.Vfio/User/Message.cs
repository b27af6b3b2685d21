using System.Buffers;
using Scatterlist.HostFd;

namespace Scatterlist.Vfio;

/// <summary>One received message with its descriptors. Reused: small messages allocate nothing.</summary>
internal sealed class Message : IDisposable
{
    private const int KeptBytes = 4096;

    private readonly byte[] _small = new byte[KeptBytes];
    private byte[]? _large;

    internal ushort Id { get; set; }

    internal UserCommand Command { get; set; }

    internal uint Flags { get; set; }

    internal Errno Error { get; set; }

    /// <summary>Whether more descriptors came than we take, or in the wrong place; the kernel closed them.</summary>
    internal bool HasLostDescriptors { get; set; }

    internal ReceivedDescriptors Descriptors { get; private set; } = new(UserWire.MaxDescriptors);

    internal int Length { get; private set; }

    internal ReadOnlySpan<byte> Payload => (_large ?? _small).AsSpan(0, Length);

    internal bool IsReply => (Flags & UserWire.TypeMask) == UserWire.Reply;

    internal bool WantsReply => (Flags & UserWire.NoReply) == 0;

    /// <summary>Takes over descriptors, and gives its own, which are none, for those to come.</summary>
    internal ReceivedDescriptors Exchange(ReceivedDescriptors arrived)
    {
        ReceivedDescriptors empty = Descriptors;
        Descriptors = arrived;
        return empty;
    }

    /// <summary>Makes room for a payload, which is then received into it.</summary>
    internal Span<byte> Prepare(int length)
    {
        Length = length;
        if (length <= KeptBytes)
            return _small.AsSpan(0, length);
        _large = ArrayPool<byte>.Shared.Rent(length);
        return _large.AsSpan(0, length);
    }

    internal void Clear()
    {
        Descriptors.Clear();
        HasLostDescriptors = false;
        Length = 0;
        if (_large is { } large)
        {
            _large = null;
            ArrayPool<byte>.Shared.Return(large);
        }
    }

    public void Dispose()
    {
        Clear();
        Descriptors.Dispose();
    }
}
