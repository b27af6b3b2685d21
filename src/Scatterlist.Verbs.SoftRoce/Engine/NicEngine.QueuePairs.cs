using System.Security.Cryptography;
using Scatterlist.Verbs.SoftRoce.Objects;

namespace Scatterlist.Verbs.SoftRoce.Engine;

internal sealed partial class NicEngine
{
    private const uint FirstNumber = 16; // 0 and 1 are the management queue pairs, the others a distance from them
    private const uint NumberMask = 0xff_ffff;

    private readonly Dictionary<uint, NicQueuePair> _queuePairs = [];
    private readonly Dictionary<nint, SoftAddressHandle> _addressHandles = [];
    private NicQueuePair? _lastQueuePair;
    private nint _lastAddressHandle;
    private uint _nextNumber = (uint)RandomNumberGenerator.GetInt32((int)FirstNumber, (int)NumberMask);

    /// <summary>Draws a number that no live queue pair of this NIC has. Under the lock.</summary>
    /// <exception cref="VerbsException">All are in use.</exception>
    internal uint AllocateQueuePairNumber(NicQueuePair queuePair)
    {
        if (_queuePairs.Count >= SoftLimits.MaxQueuePairs)
            throw new VerbsException("ibv_create_qp()", Errno.ENOMEM, $"All {SoftLimits.MaxQueuePairs} queue pairs are in use.");
        uint number;
        do
        {
            // Where several processes share an address, the low bits say whose packet it is.
            _nextNumber = (_nextNumber + 1) & (NumberMask >> SlotBits);
            number = (_nextNumber << SlotBits) | Slot;
        }
        while (number < FirstNumber || number == NumberMask || _queuePairs.ContainsKey(number));

        _queuePairs.Add(number, queuePair);
        return number;
    }

    /// <summary>The number may be drawn again. Under the lock.</summary>
    internal void ReleaseQueuePairNumber(NicQueuePair queuePair)
    {
        if (_queuePairs.TryGetValue(queuePair.Number, out NicQueuePair? found) && found == queuePair)
            _queuePairs.Remove(queuePair.Number);
        if (_lastQueuePair == queuePair)
            _lastQueuePair = null;
        _owing.Remove(queuePair);
        Unschedule(queuePair);
    }

    internal nint AddAddressHandle(SoftAddressHandle handle)
    {
        Enter();
        try
        {
            _addressHandles.Add(++_lastAddressHandle, handle);
            return _lastAddressHandle;
        }
        finally
        {
            Exit();
        }
    }

    internal void RemoveAddressHandle(nint number)
    {
        Enter();
        try
        {
            _addressHandles.Remove(number);
        }
        finally
        {
            Exit();
        }
    }

    /// <summary>The address handle that a work request names, or null when it was disposed. Under the lock.</summary>
    internal SoftAddressHandle? FindAddressHandle(nint number) => _addressHandles.GetValueOrDefault(number);

    /// <summary>The queue pair of a number, or null. Under the lock.</summary>
    internal NicQueuePair? FindQueuePair(uint number)
    {
        NicQueuePair? last = _lastQueuePair;
        if (last is not null && last.Number == number)
            return last;
        if (_queuePairs.TryGetValue(number, out NicQueuePair? found))
            _lastQueuePair = found;
        return found;
    }
}
