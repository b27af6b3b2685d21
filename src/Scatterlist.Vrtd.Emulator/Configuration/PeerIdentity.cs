namespace Scatterlist.Vrtd.Emulator;

/// <summary>
/// Who is at the other end of a connection: what the kernel says, and the groups that the user is in.
/// </summary>
/// <param name="ProcessId">The process that connected.</param>
/// <param name="UserId">Its effective user.</param>
/// <param name="GroupIds">The primary group and, for a user that the system knows, the supplementary ones.</param>
internal sealed record PeerIdentity(int ProcessId, uint UserId, IReadOnlyCollection<uint> GroupIds)
{
    /// <summary>
    /// The identity behind kernel credentials. A user without a passwd entry, usual in containers, keeps its numbers:
    /// it has no supplementary groups then, but it is not turned away.
    /// </summary>
    internal static PeerIdentity FromCredentials(int processId, uint userId, uint groupId, IAccountDatabase accounts)
    {
        var groups = new HashSet<uint> { groupId };
        if (accounts.GroupsOf(userId) is { } known)
            groups.UnionWith(known);
        return new PeerIdentity(processId, userId, groups);
    }
}
