namespace Scatterlist.Verbs;

/// <summary>The sizes of a queue pair's queues (struct ibv_qp_cap).</summary>
/// <param name="MaxSendWorkRequests">Work requests that may be outstanding in the send queue.</param>
/// <param name="MaxReceiveWorkRequests">Work requests that may be outstanding in the receive queue.</param>
/// <param name="MaxSendElements">Gather elements in a send work request.</param>
/// <param name="MaxReceiveElements">Scatter elements in a receive work request.</param>
/// <param name="MaxInlineBytes">Bytes that a send may carry inline.</param>
public readonly record struct QueuePairCapabilities(
    int MaxSendWorkRequests,
    int MaxReceiveWorkRequests,
    int MaxSendElements,
    int MaxReceiveElements,
    int MaxInlineBytes)
{
    /// <summary>The sizes by the names of struct ibv_qp_cap, as error messages have them.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"max_send_wr {MaxSendWorkRequests}, max_recv_wr {MaxReceiveWorkRequests}, max_send_sge {MaxSendElements}, ")
        + FormattableString.Invariant($"max_recv_sge {MaxReceiveElements}, max_inline_data {MaxInlineBytes}");
}
