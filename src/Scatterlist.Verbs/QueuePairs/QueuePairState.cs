namespace Scatterlist.Verbs;

/// <summary>The states of a queue pair (enum ibv_qp_state; ibv_modify_qp(3)).</summary>
public enum QueuePairState
{
    /// <summary>Newly made, or reset: nothing may be posted.</summary>
    Reset = 0,

    /// <summary>Initialised: receives may be posted, nothing is processed.</summary>
    Init = 1,

    /// <summary>RTR: incoming packets are processed.</summary>
    ReadyToReceive = 2,

    /// <summary>RTS: fully working.</summary>
    ReadyToSend = 3,

    /// <summary>SQD: no new send is started.</summary>
    SendQueueDrain = 4,

    /// <summary>SQE: a send failed on UC or UD; receives go on.</summary>
    SendQueueError = 5,

    /// <summary>Every posted and new work request is flushed.</summary>
    Error = 6,
}
