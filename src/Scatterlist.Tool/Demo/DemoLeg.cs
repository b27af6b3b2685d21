namespace Scatterlist.Tool.Demo;

/// <summary>A way of a file through some device's memory and back into another file.</summary>
internal abstract class DemoLeg
{
    /// <summary>The way, as <c>host -> HBM -> host</c>.</summary>
    internal abstract string Name { get; }

    /// <summary>Moves all of <paramref name="source"/> to <paramref name="destination"/> through the device.</summary>
    /// <param name="source">The file, open for reading.</param>
    /// <param name="destination">An empty file, open for writing.</param>
    /// <param name="length">The file's bytes.</param>
    /// <param name="progress">Told the bytes that made the whole way.</param>
    /// <param name="stop">Ends the leg between two slices.</param>
    /// <returns>What each kind of call did, in the order of the way.</returns>
    internal abstract IReadOnlyList<DemoStep> Run(
        FileDescriptor source, FileDescriptor destination, ulong length, IProgress<ulong> progress,
        CancellationToken stop);
}
