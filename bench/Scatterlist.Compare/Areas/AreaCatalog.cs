using Scatterlist.Compare.Areas.HostFd;
using Scatterlist.Compare.Areas.Opae;
using Scatterlist.Compare.Areas.Rxe;
using Scatterlist.Compare.Areas.Verbs;
using Scatterlist.Compare.Areas.Vfio;
using Scatterlist.Compare.Areas.Vrtd;
using Scatterlist.Compare.Harness;

namespace Scatterlist.Compare.Areas;

/// <summary>The areas by name. A new family adds its line here.</summary>
internal static class AreaCatalog
{
    public static IReadOnlyDictionary<string, Func<Pace, Area>> All { get; } =
        new Dictionary<string, Func<Pace, Area>>(StringComparer.Ordinal)
        {
            ["hostfd"] = _ => new HostFdArea(),
            ["vrtd"] = pace => new VrtdArea(pace),
            ["opae"] = _ => new OpaeArea(),
            ["vfio"] = _ => new VfioArea(),
            ["verbs"] = pace => new VerbsArea(pace),
            ["rxe"] = pace => new RxeArea(pace),
        };
}
