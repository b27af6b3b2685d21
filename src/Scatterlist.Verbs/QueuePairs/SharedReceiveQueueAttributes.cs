namespace Scatterlist.Verbs;

/// <summary>The size and the limit of a shared receive queue (struct ibv_srq_attr).</summary>
/// <param name="MaxWorkRequests">Work requests that may be outstanding.</param>
/// <param name="MaxElements">Scatter elements in a work request.</param>
/// <param name="Limit">An event is raised once fewer receives than this are posted; 0: never.</param>
public readonly record struct SharedReceiveQueueAttributes(int MaxWorkRequests, int MaxElements, int Limit = 0);
