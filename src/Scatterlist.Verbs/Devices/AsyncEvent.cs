namespace Scatterlist.Verbs;

/// <summary>Something that a device tells without being asked (struct ibv_async_event).</summary>
/// <param name="Type">What happened.</param>
/// <param name="Port">The port that it is about, or 0.</param>
/// <param name="Element">The <see cref="QueuePair"/>, <see cref="PreparedQueuePair"/>, <see cref="CompletionQueue"/> or
/// <see cref="SharedReceiveQueue"/> that it is about; null for the port or the device, or when the object is gone.
/// </param>
public readonly record struct AsyncEvent(AsyncEventType Type, byte Port, object? Element);
