namespace Scatterlist.Verbs.Contract.Tests.Peers;

/// <summary>Carries requests to the other side's hands, and its replies back. One request at a time.</summary>
internal interface IPeerLink : IDisposable
{
    /// <summary>The other side's process; 0 when it is this one.</summary>
    int ProcessId { get; }

    /// <summary>Whether it still answers.</summary>
    bool IsAlive { get; }

    /// <summary>Sends a request and waits for its reply.</summary>
    byte[] Call(byte[] request);

    /// <summary>Ends the other side at once, as SIGKILL does.</summary>
    void Kill();
}
