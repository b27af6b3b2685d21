namespace Scatterlist.Verbs.Contract.Tests.Media;

/// <summary>Every medium that this run can have: one row each.</summary>
public sealed class AllMedia : TheoryData<Medium>
{
    /// <summary>Lists them.</summary>
    public AllMedia() => AddRange(MediumList.All.ToArray());
}
