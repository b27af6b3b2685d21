namespace Scatterlist.Verbs.Contract.Tests.Media;

/// <summary>The media that lose nothing on purpose: for unreliable queue pairs, whose messages may be lost.</summary>
public sealed class SteadyMedia : TheoryData<Medium>
{
    /// <summary>Lists them.</summary>
    public SteadyMedia() => AddRange(MediumList.All.Where(medium => medium != Medium.ProcessesUdpLossy).ToArray());
}
