using static Scatterlist.Verbs.QueuePairAttributeMask;
using Mask = Scatterlist.Verbs.QueuePairAttributeMask;
using State = Scatterlist.Verbs.QueuePairState;

namespace Scatterlist.Verbs.SoftRoce.Transport;

/// <summary>
/// Which transitions a queue pair may make, and which attributes each of them needs and allows (IBTA volume 1,
/// section 10.3; the same table as the Linux kernel's).
/// </summary>
/// <remarks>
/// Of the kernel's optional attributes the alternate path and the migration state are left out: the soft NIC has no
/// second path to migrate to, and says EINVAL rather than forget what it was told.
/// </remarks>
internal static class QueuePairTransitions
{
    private const QueuePairAttributeMask Place = PKeyIndex | Port;
    private const QueuePairAttributeMask Peer = AddressVector | PathMtu | DestinationQueuePairNumber | ReceivePsn;

    /// <summary>Whether a modify that names these attributes is one that the state machine knows.</summary>
    /// <param name="type">The queue pair's type.</param>
    /// <param name="from">Its state.</param>
    /// <param name="to">The state to go to; the same one when the modify names none.</param>
    /// <param name="mask">What the modify names.</param>
    internal static bool Allows(QueuePairType type, State from, State to, QueuePairAttributeMask mask)
    {
        QueuePairAttributeMask required = None;
        QueuePairAttributeMask optional = None;
        bool reliable = type == QueuePairType.ReliableConnected;
        bool datagram = type == QueuePairType.UnreliableDatagram;
        QueuePairAttributeMask rights = datagram ? QKey : QueuePairAttributeMask.AccessFlags;
        QueuePairAttributeMask running = CurrentState | rights | (reliable ? MinRnrTimer : None);
        switch (from, to)
        {
            case (_, State.Reset):
            case (not State.Reset, State.Error):
                break;
            case (State.Reset, State.Init):
                required = Place | rights;
                break;
            case (State.Init, State.Init):
                optional = Place | rights;
                break;
            case (State.Init, State.ReadyToReceive):
                required = datagram ? None : reliable ? Peer | MaxDestinationReadAtomic | MinRnrTimer : Peer;
                optional = PKeyIndex | rights;
                break;
            case (State.ReadyToReceive, State.ReadyToSend):
                required = SendPsn | (reliable ? Mask.Timeout | RetryCount | RnrRetry | MaxReadAtomic : None);
                optional = running;
                break;
            case (State.ReadyToSend, State.ReadyToSend):
            case (State.SendQueueDrain, State.ReadyToSend):
                optional = running;
                break;
            case (State.ReadyToSend, State.SendQueueDrain):
                optional = EnableDrainedEvent;
                break;
            case (State.SendQueueDrain, State.SendQueueDrain):
                optional = PKeyIndex | rights | (datagram ? None : AddressVector);
                if (reliable)
                {
                    optional |= Port | Mask.Timeout | RetryCount | RnrRetry | MaxReadAtomic | MaxDestinationReadAtomic
                        | MinRnrTimer;
                }

                break;
            case (State.SendQueueError, State.ReadyToSend) when !reliable:
                optional = CurrentState | rights;
                break;
            default:
                return false;
        }

        QueuePairAttributeMask named = mask & ~QueuePairAttributeMask.State;
        return (named & required) == required && (named & ~(required | optional)) == 0;
    }

    private const QueuePairAttributeMask None = 0;
}
