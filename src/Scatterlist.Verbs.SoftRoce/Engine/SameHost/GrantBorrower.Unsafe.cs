using Scatterlist.HostFd;

namespace Scatterlist.Verbs.SoftRoce.Engine.SameHost;

/// <summary>What the peer of a channel has granted to this end. Not thread-safe: the engine's lock guards it.</summary>
/// <remarks>
/// An access first says in shared memory which grant it uses, then fences, then looks whether the grant still holds. Its
/// owner first takes the grant back, then fences, then looks whether it is used. So one of them sees the other: an access
/// that the owner did not see finds the grant gone and touches nothing.
/// </remarks>
internal sealed unsafe class GrantBorrower : DirectAccess
{
    private const int RecentEntries = 256;

    private readonly SameHostPath _path;
    private readonly SharedMapping _table;
    private readonly ulong* _hazard;
    private readonly SharedMapping?[] _memories = new SharedMapping?[GrantLender.MaxMemories];
    private readonly bool[] _isWritable = new bool[GrantLender.MaxMemories];
    private readonly Grant?[] _grants = new Grant?[GrantLender.MaxGrants];
    private readonly Dictionary<ulong, Grant> _byKeys = [];
    private readonly Grant?[] _recent = new Grant?[RecentEntries];

    private GrantBorrower(SameHostPath path, SharedMapping table, ulong* hazard)
    {
        _path = path;
        _table = table;
        _hazard = hazard;
    }

    /// <summary>Maps the peer's table; null when it is not what it should be.</summary>
    internal static GrantBorrower? TryAdopt(SameHostPath path, FileDescriptor table, ulong* hazard) =>
        SharedMapping.SealedLength(table) == GrantLender.TableBytes
        && SharedMapping.TryMap(table, GrantLender.TableBytes, writable: false) is { } mapping
            ? new GrantBorrower(path, mapping, hazard)
            : null;

    internal override byte* TryBegin(uint queuePair, uint key, ulong address, ulong length, AccessFlags rights)
    {
        ulong keys = ((ulong)queuePair << 32) | key;
        Grant? grant = _recent[PlaceOf(keys)];
        if (grant is null || grant.Keys != keys)
        {
            if (!_byKeys.TryGetValue(keys, out grant))
                return null;
            _recent[PlaceOf(keys)] = grant;
        }

        ulong offset = address - grant.Address;
        if (address < grant.Address || length - 1 >= grant.Length || offset > grant.Length - length
            || (grant.Rights & rights) != rights || _path.IsHungUp)
        {
            return null; // also for no bytes at all: their key and address are judged by nobody
        }

        Interlocked.Exchange(ref *_hazard, grant.Hazard); // a store and a fence in one instruction
        if (Volatile.Read(ref *grant.Word) == grant.Sequence)
            return grant.First + offset;
        Volatile.Write(ref *_hazard, 0);
        Forget(grant);
        return null;
    }

    internal override void End() => Volatile.Write(ref *_hazard, 0);

    /// <summary>Takes a memfd that grants will name. False when the peer does what it may not.</summary>
    internal bool TryAddMemory(int slot, FileDescriptor memory)
    {
        if ((uint)slot >= GrantLender.MaxMemories || _memories[slot] is not null)
            return false;
        ulong length = SharedMapping.SealedLength(memory);
        bool writable = FileStatus.Of(memory).IsWritable;
        if (length == 0)
            return false;
        _memories[slot] = SharedMapping.TryMap(memory, (nuint)length, writable); // null: its grants are not used
        _isWritable[slot] = writable;
        return true;
    }

    /// <summary>A memfd got lost on its way: the grants that name it are not used.</summary>
    internal bool TrySkipMemory(int slot) => (uint)slot < GrantLender.MaxMemories && _memories[slot] is null;

    internal bool TryAddGrant(in ControlMessage message)
    {
        if ((uint)message.Index >= GrantLender.MaxGrants || (uint)message.Memory >= GrantLender.MaxMemories
            || message.Word == 0)
        {
            return false;
        }

        if (_memories[message.Memory] is not { } memory)
            return true;
        var rights = (AccessFlags)message.Number;
        bool needsWrites = (rights & (AccessFlags.RemoteWrite | AccessFlags.RemoteAtomic)) != 0;
        if ((rights & ~GrantLender.AllRights) != 0 || (needsWrites && !_isWritable[message.Memory])
            || message.MemoryOffset > memory.Length || message.Length > memory.Length - message.MemoryOffset)
        {
            return false;
        }

        if (_grants[message.Index] is { } old)
            Forget(old);
        ulong keys = ((ulong)message.QueuePair << 32) | message.Key;
        if (_byKeys.TryGetValue(keys, out Grant? other))
            Forget(other);
        var grant = new Grant
        {
            Keys = keys,
            Address = message.Address,
            Length = message.Length,
            Rights = rights,
            First = memory.Address + message.MemoryOffset,
            Word = (ulong*)_table.Address + message.Index,
            Sequence = message.Word,
            Hazard = (ulong)message.Index + 1,
            Memory = message.Memory,
        };
        _grants[message.Index] = grant;
        _byKeys[keys] = grant;
        return true;
    }

    /// <summary>Unmaps a memfd that the peer will name no more.</summary>
    internal bool TryRetire(int slot)
    {
        if ((uint)slot >= GrantLender.MaxMemories)
            return false;
        foreach (Grant? grant in _grants)
        {
            if (grant?.Memory == slot)
                Forget(grant);
        }

        _memories[slot]?.Dispose();
        _memories[slot] = null;
        return true;
    }

    internal void Release()
    {
        _byKeys.Clear();
        Array.Clear(_recent);
        foreach (SharedMapping? memory in _memories)
            memory?.Dispose();
        _table.Dispose();
    }

    private static int PlaceOf(ulong keys) => (int)((keys * 0x9e37_79b9_7f4a_7c15) >> 56);

    private void Forget(Grant grant)
    {
        _grants[(int)grant.Hazard - 1] = null;
        _byKeys.Remove(grant.Keys);
        ref Grant? recent = ref _recent[PlaceOf(grant.Keys)];
        if (recent == grant)
            recent = null;
    }

    private sealed class Grant
    {
        internal required ulong Keys { get; init; }

        internal required ulong Address { get; init; }

        internal required ulong Length { get; init; }

        internal required AccessFlags Rights { get; init; }

        internal required byte* First { get; init; }

        internal required ulong* Word { get; init; }

        internal required ulong Sequence { get; init; }

        internal required ulong Hazard { get; init; }

        internal required int Memory { get; init; }
    }
}
