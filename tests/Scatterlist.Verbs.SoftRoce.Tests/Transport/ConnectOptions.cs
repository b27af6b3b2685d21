namespace Scatterlist.Verbs.SoftRoce.Tests.Transport;

/// <summary>What an endpoint is connected with.</summary>
internal sealed class ConnectOptions
{
    internal Mtu Mtu { get; set; } = Mtu.Bytes1024;

    internal AccessFlags Access { get; set; } = Endpoint.All;

    internal uint SendPsn { get; set; } = 100;

    internal uint ReceivePsn { get; set; } = 100;

    internal byte Timeout { get; set; } = 14;

    internal byte RetryCount { get; set; } = 7;

    internal byte RnrRetry { get; set; } = 7;

    internal byte MinRnrTimer { get; set; } = 1;

    internal byte MaxReadAtomic { get; set; } = 4;

    internal byte MaxDestinationReadAtomic { get; set; } = 4;

    internal uint QueueKey { get; set; } = 0x1111;

    internal bool StopAtReceive { get; set; }
}
