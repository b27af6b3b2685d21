namespace Scatterlist.Verbs.Contract.Tests.Media;

/// <summary>One medium a provider: for behaviour in which the other side has no part.</summary>
public sealed class OneSidedMedia : TheoryData<Medium>
{
    /// <summary>Lists them.</summary>
    public OneSidedMedia()
    {
        AddRange(MediumList.All.Where(medium => medium is Medium.InProcessSameHost or Medium.NamedDevice).ToArray());
        if (Count == 0)
        {
            Add(new TheoryDataRow<Medium>(MediumList.All[0])
            {
                Skip = "The other device has no part in it: the run over one device has it.",
            });
        }
    }
}
