namespace Scatterlist.Testing;

/// <summary>The repository that the running tests were built from.</summary>
public static class Repository
{
    /// <summary>The folder that holds Scatterlist.slnx.</summary>
    public static string Root { get; } = FindRoot();

    private static string FindRoot()
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Scatterlist.slnx")))
                return folder;
        }

        throw new InvalidOperationException($"No Scatterlist.slnx above {AppContext.BaseDirectory}.");
    }
}
