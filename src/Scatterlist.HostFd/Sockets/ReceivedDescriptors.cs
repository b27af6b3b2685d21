using Scatterlist.HostFd.Interop;

namespace Scatterlist.HostFd;

/// <summary>
/// The descriptors that came with a message (SCM_RIGHTS of unix(7)), all close-on-exec. It owns them: what nobody took
/// is closed by the next receive into the same object, by <see cref="Clear"/> and by <see cref="Dispose"/>. Make one
/// and
/// use it for many messages: a receive into it allocates nothing. Not thread-safe.
/// </summary>
public sealed class ReceivedDescriptors : IDisposable
{
    /// <summary>The most descriptors that one message can carry (SCM_MAX_FD of the kernel).</summary>
    public const int MaxCount = 253;

    private readonly int[] _descriptors;
    private int _count;
    private bool _disposed;

    /// <summary>Makes room for descriptors.</summary>
    /// <param name="capacity">How many a message may carry, 1 to 253. The kernel closes what exceeds it.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="capacity"/> is not 1 to 253.</exception>
    public ReceivedDescriptors(int capacity = MaxCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, MaxCount);
        _descriptors = new int[capacity];
    }

    /// <summary>Closes what a program forgot to dispose.</summary>
    ~ReceivedDescriptors() => Clear();

    /// <summary>How many there is room for.</summary>
    public int Capacity => _descriptors.Length;

    /// <summary>How many came, the taken ones included.</summary>
    public int Count => _count;

    /// <summary>
    /// Who sent the message, when the socket asks for it (<see cref="UnixSocket.IsReceivingCredentials"/>); null
    /// otherwise.
    /// </summary>
    public PeerCredentials? Credentials { get; internal set; }

    /// <summary>The number of one descriptor, borrowed; -1 when it was taken. Never close it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is none of this index.</exception>
    public int this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)_count, nameof(index));
            return _descriptors[index];
        }
    }

    /// <summary>Hands one descriptor to the caller, who disposes it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is none of this index.</exception>
    /// <exception cref="InvalidOperationException">It was taken before.</exception>
    public FileDescriptor Take(int index)
    {
        int descriptor = this[index];
        if (descriptor < 0)
            throw new InvalidOperationException($"Descriptor {index} of the message was taken before.");
        FileDescriptor taken = FileDescriptor.FromOwned(descriptor);
        _descriptors[index] = -1;
        return taken;
    }

    /// <summary>Closes what nobody took, and forgets the rest.</summary>
    public void Clear()
    {
        for (int i = 0; i < _count; i++)
        {
            if (_descriptors[i] >= 0)
                _ = LibC.Close(_descriptors[i]);
        }

        _count = 0;
        Credentials = null;
    }

    /// <summary>Closes what nobody took. Idempotent.</summary>
    public void Dispose()
    {
        Clear();
        _disposed = true;
        GC.SuppressFinalize(this);
    }

    internal void StartReceive()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        Clear();
    }

    /// <summary>Owns one more. False when there is no room: the caller closes it.</summary>
    internal bool TryAdd(int descriptor)
    {
        if (_count == _descriptors.Length)
            return false;
        _descriptors[_count++] = descriptor;
        return true;
    }
}
