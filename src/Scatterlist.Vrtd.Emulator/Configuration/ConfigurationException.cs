namespace Scatterlist.Vrtd.Emulator;

/// <summary>
/// A vrtd configuration that cannot be used. Nothing of it is: a daemon that is running keeps the configuration that
/// it has.
/// </summary>
public sealed class ConfigurationException : ScatterlistException
{
    /// <summary>Makes an exception with a ready text. Prefer the constructor that takes the parts.</summary>
    public ConfigurationException()
    {
    }

    /// <summary>Makes an exception with a ready text. Prefer the constructor that takes the parts.</summary>
    public ConfigurationException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception with a ready text. Prefer the constructor that takes the parts.</summary>
    public ConfigurationException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    internal ConfigurationException(string file, int line, string problem, string? remedy = null)
        : base(
            $"Reading the vrtd configuration {file}, line {line},",
            Errno.EINVAL,
            problem,
            remedy ?? "Correct the line; the whole file is rejected until then.")
    {
        File = file;
        Line = line;
    }

    /// <summary>The file, as it was named.</summary>
    public string? File { get; }

    /// <summary>The line, counted from 1; 0 when the file itself could not be read.</summary>
    public int Line { get; }
}
