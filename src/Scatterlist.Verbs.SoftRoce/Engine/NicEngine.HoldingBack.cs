namespace Scatterlist.Verbs.SoftRoce.Engine;

/// <summary>
/// Acknowledgements that wait. A packet costs the sender's processor and the receiver's, and in a conversation an
/// acknowledgement that goes at once delays the answer that everybody waits for: by a system call on UDP, by a cache
/// line that moves on the same host.
/// </summary>
/// <remarks>
/// They wait only where a program spins on its queues, which comes again at once: one that was asked for until a poll
/// finds nothing, or a post takes it along by UDP; one that nobody asked for a little longer. Should the program not
/// come, the thread sends them: it is awake, or watches, or is woken at the section's end.
/// </remarks>
internal sealed partial class NicEngine
{
    private const int FewPackets = 2; // so few are somebody's question, which the program is about to answer
    private const int MostHeld = 16; // sections in a row that hold back
    private const int PollsPerDebt = 32; // full looks without a packet, some microseconds

    private readonly List<NicQueuePair> _owing = []; // took packets whose sender did not ask for an answer
    private bool _holdsBack;
    private int _heldFor; // sections
    private int _heldBack; // of those that are pending: they only acknowledge
    private int _quietPolls;

    /// <summary>The queue pair has taken what it will acknowledge some time. Under the lock.</summary>
    internal void Owe(NicQueuePair queuePair)
    {
        if (queuePair.IsOwing)
            return;
        queuePair.IsOwing = true;
        _owing.Add(queuePair);
    }

    /// <summary>Says what was held back, before somebody leaves who would have to say it. Under the lock.</summary>
    internal void SendHeldBack()
    {
        StopHolding();
        PayDebts();
        if (_pending.Count != 0)
            Transmit();
    }

    /// <summary>A spinning program has polled.</summary>
    private void ChooseHolding(int packets)
    {
        if (packets is > 0 and <= FewPackets && ++_heldFor < MostHeld)
            _holdsBack = true;
        else
            StopHolding();
        if (packets != 0)
            _quietPolls = 0;
        else if (_owing.Count != 0 && ++_quietPolls >= PollsPerDebt)
            PayDebts();
    }

    /// <summary>What was held back goes at the end of this section. Under the lock.</summary>
    internal void StopHolding()
    {
        _holdsBack = false;
        _heldBack = 0;
        _heldFor = 0;
    }

    private void PayDebts()
    {
        _quietPolls = 0;
        foreach (NicQueuePair queuePair in _owing)
        {
            queuePair.IsOwing = false;
            queuePair.Acknowledge();
        }

        _owing.Clear();
    }
}
