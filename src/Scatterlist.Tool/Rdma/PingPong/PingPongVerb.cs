namespace Scatterlist.Tool.Rdma.PingPong;

/// <summary>How the ball is played.</summary>
internal enum PingPongVerb
{
    /// <summary>By messages, as ibv_rc_pingpong and its kin do.</summary>
    Send,

    /// <summary>By writes into the other one's memory, seen by their last byte.</summary>
    Write,

    /// <summary>By reads from the server's memory, of which the server does not know.</summary>
    Read,
}
