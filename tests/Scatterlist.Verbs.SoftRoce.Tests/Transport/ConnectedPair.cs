using Scatterlist.Verbs.SoftRoce.Objects;

namespace Scatterlist.Verbs.SoftRoce.Tests.Transport;

/// <summary>Two endpoints on two NICs, connected through the simulated network.</summary>
internal sealed class ConnectedPair : IDisposable
{
    internal ConnectedPair(
        QueuePairType type = QueuePairType.ReliableConnected, Action<ConnectOptions>? change = null, int seed = 1,
        Action<SimulatedNetwork>? network = null, int depth = 64, bool signalsAll = false)
    {
        Network = new SimulatedNetwork(seed);
        network?.Invoke(Network);
        SoftContext first = Network.AddNic(1);
        SoftContext second = Network.AddNic(2);
        A = new Endpoint(first, type, depth, signalsAll: signalsAll);
        B = new Endpoint(second, type, depth, signalsAll: signalsAll);
        A.Connect(SimulatedNetwork.AddressOf(2), B.QueuePair.Number, change);
        B.Connect(SimulatedNetwork.AddressOf(1), A.QueuePair.Number, change);
    }

    internal SimulatedNetwork Network { get; }

    internal Endpoint A { get; }

    internal Endpoint B { get; }

    /// <summary>Runs until A has so many completions of its sends, and B of its receives.</summary>
    internal void Run(int sent, int received = 0, double maxSeconds = 60) => Network.Run(
        () =>
        {
            A.Poll();
            B.Poll();
            return A.Sent.Count >= sent && B.Received.Count >= received;
        },
        maxSeconds);

    public void Dispose()
    {
        A.Dispose();
        B.Dispose();
        Network.Dispose();
    }
}
