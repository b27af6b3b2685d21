namespace Scatterlist.Tool;

/// <summary>A folder of our own for the length of a command, readable by the user alone.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Create();

    internal string PathOf(string name) => Path.Combine(_folder.FullName, name);

    private static DirectoryInfo Create()
    {
        try
        {
            return Directory.CreateTempSubdirectory("sgl-");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException(
                $"no folder can be made in {Path.GetTempPath()}: {exception.Message} Name another place in $TMPDIR.",
                exception);
        }
    }

    public void Dispose()
    {
        try
        {
            _folder.Delete(recursive: true);
        }
        catch (IOException)
        {
            // Left to the system's own cleaning of temporary files; the command's result matters more.
        }
    }
}
