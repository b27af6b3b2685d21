namespace Scatterlist.Verbs.Providers;

/// <summary>
/// A reference on a native object for the length of a set-up call: <c>using HeldHandle held = _provider.Hold(this);</c>.
/// Another thread's dispose meanwhile takes effect at its end.
/// </summary>
internal readonly ref struct HeldHandle : IDisposable
{
    private readonly NativeHandle? _handle;

    /// <summary>Takes over a reference that was added.</summary>
    internal HeldHandle(NativeHandle handle) => _handle = handle;

    public void Dispose() => _handle?.DangerousRelease();
}
