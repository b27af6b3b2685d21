namespace Scatterlist.Testing;

/// <summary>A directory of one's own, reachable by its owner alone and removed at the end. Its path is short enough for
/// a UNIX socket's name (108 bytes).</summary>
public sealed class TempDirectory : IDisposable
{
    /// <summary>Makes one.</summary>
    public TempDirectory() => Path = Directory.CreateTempSubdirectory("sgl-").FullName;

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>The path of something in it.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Removes it with everything in it.</summary>
    public void Dispose()
    {
        if (Directory.Exists(Path))
            Directory.Delete(Path, recursive: true);
    }
}
