using Scatterlist.Compare.Harness;

namespace Scatterlist.Compare.Areas.Verbs;

/// <summary>Posting and polling on each path, both ends in this process: looked at for what they allocate.</summary>
internal sealed class NicDataPaths : IDisposable
{
    private readonly List<NicSide> _sides = [];

    public NicDataPaths()
    {
        List<DataPath> all = [];
        foreach (bool sameHost in (bool[])[true, false])
        {
            NicSide from = new(sameHost, null), to = new(sameHost, null);
            _sides.AddRange([from, to]);
            from.Connect(to.Address);
            to.Connect(from.Address);
            string way = sameHost ? "same host" : "UDP";
            all.Add(new DataPath($"{way}: write 64 B", n => from.StreamWrites(n, 64)));
            all.Add(new DataPath($"{way}: write 64 KiB", n => from.StreamWrites(n, 64 << 10)));
            all.Add(new DataPath($"{way}: send 4 KiB and take it", n =>
            {
                from.StreamSends(n, 4 << 10);
                to.TakeSends(n);
            }));
        }

        All = all;
    }

    public IReadOnlyList<DataPath> All { get; }

    public void Dispose() => _sides.ForEach(side => side.Dispose());
}
