namespace Scatterlist.Vrtd;

/// <summary>
/// A bracket around accesses to a BAR; see <see cref="BarFile.BeginAccess"/>. Dispose it when the accesses are done.
/// </summary>
public sealed class BarAccess : IDisposable
{
    private readonly BarFile.Bracket _bracket;
    private readonly MmioWindow _window;
    private int _isDisposed;

    internal BarAccess(BarFile file, MmioWindow window, BarFile.Bracket bracket)
    {
        File = file;
        _window = window;
        _bracket = bracket;
    }

    /// <summary>The BAR.</summary>
    public BarFile File { get; }

    /// <summary>The whole BAR. It lives until the bracket ends, even when the BAR is closed before.</summary>
    /// <exception cref="ObjectDisposedException">The bracket was ended.</exception>
    public MmioWindow Window
    {
        get
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
            return _window;
        }
    }

    /// <summary>Ends the bracket. Idempotent.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        _window.Dispose();
        _bracket.Dispose();
    }
}
