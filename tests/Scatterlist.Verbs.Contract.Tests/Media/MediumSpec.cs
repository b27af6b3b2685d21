namespace Scatterlist.Verbs.Contract.Tests.Media;

/// <summary>How one side opens its device, in a form that goes to another process.</summary>
/// <param name="Device">A device by name; empty for a soft NIC of its own.</param>
/// <param name="SameHost">Whether the soft NIC may use the path without packets.</param>
/// <param name="Seed">What the faults of the link are drawn from.</param>
/// <param name="Faults">The chance of each kind of fault, in percent; 0 for none.</param>
internal sealed record MediumSpec(string Device, bool SameHost, int Seed, int Faults)
{
    /// <summary>What a side of a test on <paramref name="medium"/> opens.</summary>
    internal static MediumSpec Of(Medium medium, int seed, bool isPeer) => medium switch
    {
        Medium.InProcessSameHost or Medium.ProcessesSameHost => new MediumSpec("", SameHost: true, seed, 0),
        Medium.InProcessUdp or Medium.ProcessesUdp => new MediumSpec("", SameHost: false, seed, 0),
        Medium.ProcessesUdpLossy => new MediumSpec("", SameHost: false, seed, 1 + (seed & 0xff) % 5),
        _ => new MediumSpec(isPeer ? MediumList.PeerDeviceName! : MediumList.DeviceName!, SameHost: false, seed, 0),
    };

    internal void Write(BinaryWriter writer)
    {
        writer.Write(Device);
        writer.Write(SameHost);
        writer.Write(Seed);
        writer.Write(Faults);
    }

    internal static MediumSpec Read(BinaryReader reader) =>
        new(reader.ReadString(), reader.ReadBoolean(), reader.ReadInt32(), reader.ReadInt32());
}
