namespace Scatterlist.HostFd.Waiting;

/// <summary>
/// Is told, on the one thread of a <see cref="WatchLoop"/>, that its descriptor is readable, again and again until it is
/// not. The loop does not keep a watcher alive.
/// </summary>
internal abstract class DescriptorWatcher
{
    internal long Id { get; set; }

    /// <summary>Reads the descriptor empty. It neither blocks nor throws.</summary>
    internal abstract void OnReadable();
}
