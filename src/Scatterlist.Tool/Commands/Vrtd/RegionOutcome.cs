namespace Scatterlist.Tool.Commands.Vrtd;

/// <summary>How the test of a region of device memory came out.</summary>
internal enum RegionOutcome
{
    /// <summary>Every byte came back.</summary>
    Sound,

    /// <summary>It could not be tested: in use, or refused.</summary>
    Skipped,

    /// <summary>Something else came back than was written.</summary>
    Different,
}
