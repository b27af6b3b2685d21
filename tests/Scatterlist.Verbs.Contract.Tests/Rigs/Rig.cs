using Scatterlist.Verbs.Contract.Tests.Media;
using Scatterlist.Verbs.Contract.Tests.Peers;

namespace Scatterlist.Verbs.Contract.Tests.Rigs;

/// <summary>Both sides of a test: a device that is open here, and a <see cref="Peer"/> with one open there.</summary>
internal sealed class Rig : IDisposable
{
    private readonly Stack<IDisposable> _made = [];

    private Rig(Medium medium, int seed)
    {
        Medium = medium;
        Seed = seed;
        Context = DeviceOpener.Open(MediumSpec.Of(medium, seed, isPeer: false));
        try
        {
            Domain = Context.AllocateDomain();
            Peer = Peer.Open(medium, MediumSpec.Of(medium, seed + 1, isPeer: true));
        }
        catch
        {
            Context.Dispose();
            throw;
        }
    }

    internal Medium Medium { get; }

    /// <summary>What the faults of the link, and what is random in the test, are drawn from.</summary>
    internal int Seed { get; }

    internal Context Context { get; }

    internal ProtectionDomain Domain { get; }

    internal Peer Peer { get; }

    internal bool IsLossy => Medium == Medium.ProcessesUdpLossy;

    public void Dispose()
    {
        while (_made.TryPop(out IDisposable? made))
            made.Dispose();
        Peer.Dispose();
        Domain.Dispose();
        Context.Dispose();
    }

    /// <summary>This side's device alone.</summary>
    internal static Context OpenContext(Medium medium) =>
        DeviceOpener.Open(MediumSpec.Of(medium, seed: 1, isPeer: false));

    internal static Rig Open(Medium medium)
    {
        string? replay = Environment.GetEnvironmentVariable(SeededRandom.SeedVariable);
        int seed = string.IsNullOrEmpty(replay)
            ? Random.Shared.Next(1 << 24)
            : int.Parse(replay, System.Globalization.CultureInfo.InvariantCulture);

        // Shown with a failure.
        TestContext.Current.TestOutputHelper?.WriteLine($"{medium}, {SeededRandom.SeedVariable}={seed}");
        return new Rig(medium, seed);
    }

    /// <summary>Disposes <paramref name="thing"/> with the rig.</summary>
    internal T Own<T>(T thing)
        where T : IDisposable
    {
        _made.Push(thing);
        return thing;
    }

    /// <summary>Memory of this side.</summary>
    internal RegisteredMemory Register(nuint length, AccessFlags access = LinkOptions.EveryRemoteRight) =>
        Own(RegisteredMemory.Make(Domain, length, access));

    /// <summary>A queue pair on each side, connected to each other, with memory.</summary>
    internal Link Connect(LinkOptions? options = null, LinkOptions? peerOptions = null, nuint memory = 64 * 1024)
    {
        LinkOptions own = Suit(options ?? new LinkOptions());
        return Connect(Own(QueuePairKit.Make(Domain, own)), peerOptions is null ? own : Suit(peerOptions), memory);
    }

    /// <summary>Connects a queue pair of this side with one of the other side.</summary>
    internal Link Connect(QueuePairKit kit, LinkOptions? peerOptions = null, nuint memory = 64 * 1024)
    {
        PeerQueuePair peer = Peer.CreateQueuePair(peerOptions ?? kit.Options);
        peer.Connect(kit.Endpoint);
        kit.Connect(peer.Endpoint);
        return new Link(this, kit, peer, Register(memory), Peer.Register(memory));
    }

    /// <summary>The options, within the device's limits.</summary>
    internal LinkOptions Suit(LinkOptions options)
    {
        DeviceAttributes limits = Context.Attributes;
        return options with
        {
            ReadAtomic = (byte)Math.Min(options.ReadAtomic, limits.MaxReadAtomic),
            Elements = Math.Min(options.Elements, limits.MaxElements),
        };
    }
}
