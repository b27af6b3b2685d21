namespace Scatterlist;

/// <summary>The key by which a peer reaches registered memory (rkey of ibv_reg_mr(3)).</summary>
/// <param name="Value">The number itself, as it is put on the wire or in a descriptor.</param>
public readonly record struct RemoteKey(uint Value)
{
    /// <summary>A text that does not give the key away: whoever holds a remote key can reach the memory behind it, so it
    /// stays out of logs. Use <see cref="Value"/> to send it to a peer.</summary>
    public override string ToString() => "(hidden)";
}
