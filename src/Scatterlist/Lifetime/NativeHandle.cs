using System.Runtime.InteropServices;

namespace Scatterlist;

/// <summary>
/// A native object that keeps its parent's native object alive: a region its domain, a lease its pages, a window its
/// mapping. Users dispose in any order, twice, from any thread, or never; the parent is released after the child's own
/// release has returned. While <see cref="LeakLedger"/> is on, every live handle is on it.
/// </summary>
/// <remarks>
/// Thread-safe, as <see cref="SafeHandle"/> is: a call that holds a reference by
/// <see cref="SafeHandle.DangerousAddRef"/> finishes before the object is released, and a later one throws
/// <see cref="ObjectDisposedException"/>.
/// </remarks>
public abstract class NativeHandle : SafeHandle
{
    private readonly NativeHandle? _parent;
    private readonly long _ledgerId;

    /// <summary>Takes ownership of a native object.</summary>
    /// <param name="handle">The object: an address or a descriptor. It must not be -1.</param>
    /// <param name="parent">What must outlive this object, or null.</param>
    /// <exception cref="ArgumentException"><paramref name="handle"/> is -1; nothing is owned.</exception>
    /// <exception cref="ObjectDisposedException"><paramref name="parent"/> is disposed; nothing is owned.</exception>
    protected NativeHandle(nint handle, NativeHandle? parent)
        : base(-1, ownsHandle: true)
    {
        if (handle == -1)
            throw new ArgumentException("A native handle is never -1.", nameof(handle));

        if (parent is not null)
        {
            bool held = false;
            parent.DangerousAddRef(ref held); // throws when disposed; this handle is still -1, so nothing is released
            _parent = parent;
        }

        SetHandle(handle);
        _ledgerId = LeakLedger.Add(this);
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == -1;

    /// <summary>Releases the native object. Called once, on any thread, after the last reference is gone.</summary>
    /// <returns>False when the release itself failed, which only a debugger's assistant sees.</returns>
    protected abstract bool ReleaseNative();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing)
            LeakLedger.NoteFinalized(_ledgerId);
        base.Dispose(disposing);
    }

    /// <inheritdoc/>
    protected sealed override bool ReleaseHandle()
    {
        try
        {
            return ReleaseNative();
        }
        finally
        {
            LeakLedger.Remove(_ledgerId);
            _parent?.DangerousRelease();
        }
    }

    /// <summary>Takes the handle off the ledger when its native object was handed to somebody else.</summary>
    private protected void ForgetOwnership()
    {
        LeakLedger.Remove(_ledgerId);
        _parent?.DangerousRelease();
    }
}
