using static Scatterlist.Verbs.QueuePairAttributeMask;

namespace Scatterlist.Verbs;

/// <summary>
/// The attributes that a transition needs and those that it allows (ibv_modify_qp(3); InfiniBand specification,
/// chapter 11.2.5).
/// </summary>
internal static class TransitionRules
{
    private const QueuePairAttributeMask ReceiveConnected =
        AddressVector | PathMtu | DestinationQueuePairNumber | ReceivePsn;

    /// <summary>False for a transition that does not exist. State itself and CurrentState are left out.</summary>
    internal static bool TryGet(
        QueuePairType type, QueuePairState from, QueuePairState to, out QueuePairAttributeMask required,
        out QueuePairAttributeMask optional)
    {
        bool reliable = type == QueuePairType.ReliableConnected;
        bool datagram = type == QueuePairType.UnreliableDatagram;
        required = optional = 0;
        switch (from, to)
        {
            case (_, QueuePairState.Reset or QueuePairState.Error):
                return true;
            case (QueuePairState.Reset, QueuePairState.Init):
                required = PKeyIndex | Port | (datagram ? QKey : QueuePairAttributeMask.AccessFlags);
                return true;
            case (QueuePairState.Init, QueuePairState.Init):
                optional = PKeyIndex | Port | (datagram ? QKey : QueuePairAttributeMask.AccessFlags);
                return true;
            case (QueuePairState.Init, QueuePairState.ReadyToReceive):
                if (datagram)
                {
                    optional = PKeyIndex | QKey;
                    return true;
                }

                required = ReceiveConnected | (reliable ? MaxDestinationReadAtomic | MinRnrTimer : 0);
                optional = AlternatePath | QueuePairAttributeMask.AccessFlags | PKeyIndex;
                return true;
            case (QueuePairState.ReadyToReceive, QueuePairState.ReadyToSend):
                required = SendPsn | (reliable ? QueuePairAttributeMask.Timeout | RetryCount | RnrRetry | MaxReadAtomic : 0);
                optional = CurrentState | (datagram
                    ? QKey
                    : AlternatePath | QueuePairAttributeMask.AccessFlags | PathMigrationState
                        | (reliable ? MinRnrTimer : 0));
                return true;
            case (QueuePairState.ReadyToSend or QueuePairState.SendQueueDrain, QueuePairState.ReadyToSend):
                optional = CurrentState | (datagram
                    ? QKey
                    : AlternatePath | QueuePairAttributeMask.AccessFlags | PathMigrationState
                        | (reliable ? MinRnrTimer : 0));
                return true;
            case (QueuePairState.SendQueueError, QueuePairState.ReadyToSend) when !reliable:
                optional = CurrentState | (datagram ? QKey : QueuePairAttributeMask.AccessFlags);
                return true;
            case (QueuePairState.ReadyToSend, QueuePairState.SendQueueDrain):
                optional = EnableDrainedEvent;
                return true;
            case (QueuePairState.SendQueueDrain, QueuePairState.SendQueueDrain):
                optional = PKeyIndex | QKey | AddressVector | QueuePairAttributeMask.AccessFlags | AlternatePath
                    | PathMigrationState | Port | QueuePairAttributeMask.Timeout | RetryCount | RnrRetry | MaxReadAtomic
                    | MaxDestinationReadAtomic | MinRnrTimer;
                return true;
            default:
                return false;
        }
    }
}
