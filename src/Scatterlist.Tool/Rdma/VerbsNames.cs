using Scatterlist.Verbs;

namespace Scatterlist.Tool.Rdma;

/// <summary>The words of the RDMA programs that everybody knows, for our values.</summary>
internal static class VerbsNames
{
    /// <summary>A queue pair's kind as users name it.</summary>
    internal static string ShortName(this QueuePairType type) => type switch
    {
        QueuePairType.UnreliableConnected => "uc",
        QueuePairType.UnreliableDatagram => "ud",
        _ => "rc",
    };

    /// <summary>The kind of this name, in small or large letters.</summary>
    internal static QueuePairType ParseType(string name) => name.ToLowerInvariant() switch
    {
        "uc" => QueuePairType.UnreliableConnected,
        "ud" => QueuePairType.UnreliableDatagram,
        _ => QueuePairType.ReliableConnected,
    };
}
