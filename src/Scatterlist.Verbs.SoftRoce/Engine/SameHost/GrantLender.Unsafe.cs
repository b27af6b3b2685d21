using Scatterlist.HostFd;

namespace Scatterlist.Verbs.SoftRoce.Engine.SameHost;

/// <summary>
/// What this end has granted to the peer of a channel. The peer has each grant's words from a message, and maps a table
/// with one word a grant: the grant's sequence while it holds, 0 after. Not thread-safe: the engine's lock guards it.
/// </summary>
internal sealed unsafe class GrantLender : IDisposable
{
    internal const int MaxGrants = 1024;
    internal const int MaxMemories = 64;
    internal const nuint TableBytes = MaxGrants * sizeof(ulong);
    internal const AccessFlags AllRights =
        AccessFlags.RemoteWrite | AccessFlags.RemoteRead | AccessFlags.RemoteAtomic;

    private const AccessFlags WriteRights = AccessFlags.RemoteWrite | AccessFlags.RemoteAtomic;

    // A peer that is stopped in the middle of a copy is waited for as long as this; then the channel is given up.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly SharedMapping _table;
    private readonly Dictionary<ulong, int> _byKeys = [];
    private readonly Grant[] _grants = new Grant[MaxGrants];
    private readonly Stack<int> _free = new();
    private readonly MemorySlot?[] _memories = new MemorySlot?[MaxMemories];
    private readonly List<int> _revoked = [];
    private SameHostPath? _path;
    private ulong* _peerHazard;
    private ulong _lastSequence;
    private int _used;

    private GrantLender(SharedMapping table) => _table = table;

    /// <summary>Makes an empty table, and a descriptor of it that can only be read.</summary>
    /// <exception cref="ScatterlistException">The kernel refused.</exception>
    internal static GrantLender Create(out FileDescriptor readOnly)
    {
        using FileDescriptor memory = SharedMapping.CreateMemFd("scatterlist-grants", TableBytes);
        readOnly = Reopen(memory);
        if (SharedMapping.TryMap(memory, TableBytes, writable: true) is { } table)
            return new GrantLender(table);
        readOnly.Dispose();
        throw new ScatterlistException($"mmap(memfd, {TableBytes})", Errno.ENOMEM, remedy: Remedies.Memory);
    }

    internal void Attach(SameHostPath path, ulong* peerHazard)
    {
        _path = path;
        _peerHazard = peerHazard;
    }

    /// <summary>Grants what is not granted yet, where it can be.</summary>
    internal void Offer(in GrantOffer offer)
    {
        ulong keys = Keys(offer.QueuePair, offer.Key);
        AccessFlags rights = offer.Rights & AllRights;
        if (_byKeys.ContainsKey(keys) || rights == 0 || (_free.Count == 0 && _used == MaxGrants))
            return;
        int slot;
        try
        {
            slot = FindMemory(in offer, (rights & WriteRights) != 0);
        }
        catch (Exception e) when (e is ScatterlistException or ObjectDisposedException)
        {
            return; // no descriptors left, or the program closed the memory's: packets do everything
        }

        if (slot < 0)
            return;
        MemorySlot memory = _memories[slot]!;
        if (offer.MemoryOffset > memory.Length || offer.Length > memory.Length - offer.MemoryOffset)
            return;
        int index = _free.TryPop(out int free) ? free : _used++;
        ulong sequence = ++_lastSequence;
        Volatile.Write(ref Word(index), sequence);
        var message = new ControlMessage
        {
            Kind = ControlKind.Grant,
            Number = (uint)rights,
            Word = sequence,
            QueuePair = offer.QueuePair,
            Key = offer.Key,
            Address = offer.Address,
            Length = offer.Length,
            MemoryOffset = offer.MemoryOffset,
            Index = index,
            Memory = slot,
        };
        if (!_path!.TrySend(in message))
        {
            Volatile.Write(ref Word(index), 0);
            _free.Push(index);
            return;
        }

        memory.Grants++;
        _grants[index] = new Grant(offer.QueuePair, offer.Key, slot);
        _byKeys[keys] = index;
    }

    /// <summary>
    /// Takes grants back: those of a key, or those of a queue pair. The caller fences, and then calls
    /// <see cref="FinishRevocation"/>. False when there are none.
    /// </summary>
    internal bool Revoke(uint? queuePair, uint? key)
    {
        for (int index = 0; index < _used; index++)
        {
            Grant grant = _grants[index];
            if (!grant.IsUsed || (queuePair is { } pair && grant.QueuePair != pair) || (key is { } k && grant.Key != k))
                continue;
            Volatile.Write(ref Word(index), 0);
            _grants[index] = default;
            _byKeys.Remove(Keys(grant.QueuePair, grant.Key));
            _memories[grant.Memory]!.Grants--;
            _revoked.Add(index);
        }

        return _revoked.Count != 0;
    }

    /// <summary>Waits until the peer is inside of nothing that was taken back.</summary>
    internal void FinishRevocation()
    {
        var wait = default(SpinWait);
        long start = Environment.TickCount64;
        while (IsInsideRevoked())
        {
            wait.SpinOnce(sleep1Threshold: 200);
            if (wait.Count % 32 != 0)
                continue;
            if (!_path!.IsPeerThere())
                break; // its process is gone, or it has closed: it closes only when nothing is under way
            if (Environment.TickCount64 - start > Patience.TotalMilliseconds)
            {
                _path.Break();
                break;
            }
        }

        foreach (int index in _revoked)
            _free.Push(index);
        _revoked.Clear();
        SendRetirements();
    }

    /// <summary>Tells the peer to unmap what no grant names, as far as its socket has room.</summary>
    internal void SendRetirements()
    {
        for (int slot = 0; slot < MaxMemories; slot++)
        {
            if (_memories[slot] is not { Grants: 0 })
                continue;
            var message = new ControlMessage { Kind = ControlKind.Retire, Memory = slot };
            if (!_path!.TrySend(in message))
                return;
            _memories[slot] = null;
        }
    }

    public void Dispose() => _table.Dispose();

    private static ulong Keys(uint queuePair, uint key) => ((ulong)queuePair << 32) | key;

    private static FileDescriptor Reopen(FileDescriptor memory) =>
        HostFile.Open($"/proc/self/fd/{memory.Value}", OpenFlags.ReadOnly);

    private ref ulong Word(int index) => ref ((ulong*)_table.Address)[index];

    private bool IsInsideRevoked()
    {
        ulong hazard = Volatile.Read(ref *_peerHazard);
        return hazard != 0 && hazard <= MaxGrants && _revoked.Contains((int)hazard - 1);
    }

    /// <summary>The number under which the peer has a memfd; it is sent when it does not. Negative: it cannot
    /// be.</summary>
    private int FindMemory(in GrantOffer offer, bool writable)
    {
        int free = -1;
        for (int slot = 0; slot < MaxMemories; slot++)
        {
            if (_memories[slot] is not { } memory)
                free = free < 0 ? slot : free;
            else if (ReferenceEquals(memory.Descriptor, offer.Memory) && memory.IsWritable == writable)
                return slot;
        }

        ulong length = free < 0 ? 0 : SharedMapping.SealedLength(offer.Memory);
        return length != 0 && TrySendMemory(free, offer.Memory, length, writable) ? free : -1;
    }

    private bool TrySendMemory(int slot, FileDescriptor memory, ulong length, bool writable)
    {
        using FileDescriptor? readOnly = writable ? null : Reopen(memory);
        var message = new ControlMessage { Kind = ControlKind.Memory, Memory = slot };
        if (!_path!.TrySend(in message, [(readOnly ?? memory).Value]))
            return false;
        _memories[slot] = new MemorySlot(memory, length, writable);
        return true;
    }

    private readonly record struct Grant(uint QueuePair, uint Key, int Memory)
    {
        internal bool IsUsed { get; } = true;
    }

    private sealed class MemorySlot(FileDescriptor descriptor, ulong length, bool isWritable)
    {
        internal FileDescriptor Descriptor { get; } = descriptor;

        internal ulong Length { get; } = length;

        internal bool IsWritable { get; } = isWritable;

        internal int Grants { get; set; }
    }
}
