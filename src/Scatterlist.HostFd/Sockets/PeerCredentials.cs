namespace Scatterlist.HostFd;

/// <summary>
/// Who a peer is, as the kernel vouches for it: its process when it connected or listened (SO_PEERCRED of unix(7)), or
/// when it sent a message (SCM_CREDENTIALS).
/// </summary>
/// <param name="Pid">The process; 0 when it is outside of this PID namespace.</param>
/// <param name="Uid">The effective user.</param>
/// <param name="Gid">The effective group.</param>
public readonly record struct PeerCredentials(int Pid, uint Uid, uint Gid);
