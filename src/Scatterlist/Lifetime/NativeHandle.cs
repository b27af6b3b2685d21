using System.Runtime.InteropServices;

namespace Scatterlist;

/// <summary>
/// A native object that keeps its parent's native object alive: a region its domain, a lease its pages, a window its
/// mapping. Users dispose in any order, twice, from any thread, or never; the parent is released after the child's own
/// release has returned. While <see cref="LeakLedger"/> is on, every live handle is on it.
/// </summary>
/// <remarks>
/// Thread-safe, as <see cref="SafeHandle"/> is: a call that holds a reference by
/// <see cref="SafeHandle.DangerousAddRef"/> finishes before the object is released, and one after the release throws
/// <see cref="ObjectDisposedException"/>. Between a dispose and the release that it waits for,
/// <see cref="SafeHandle.IsClosed"/> is still false; what must refuse work from the dispose on asks
/// <see cref="IsDisposed"/>.
/// </remarks>
public abstract class NativeHandle : SafeHandle
{
    [ThreadStatic]
    private static bool _isFinalizing;

    private readonly NativeHandle? _parent;
    private readonly long _ledgerId;
    private volatile bool _disposed;

    /// <summary>Takes ownership of a native object.</summary>
    /// <param name="handle">The object: an address or a descriptor. It must not be -1.</param>
    /// <param name="parent">What must outlive this object, or null.</param>
    /// <exception cref="ArgumentException"><paramref name="handle"/> is -1; nothing is owned.</exception>
    /// <exception cref="ObjectDisposedException"><paramref name="parent"/> is disposed; nothing is owned.</exception>
    protected NativeHandle(nint handle, NativeHandle? parent)
        : this(handle, parent, parentMayBeDisposed: false)
    {
    }

    /// <summary>For a parent that only its children keep: it may be disposed, but is not released yet.</summary>
    private protected NativeHandle(nint handle, NativeHandle? parent, bool parentMayBeDisposed)
        : base(-1, ownsHandle: true)
    {
        if (handle == -1)
            throw new ArgumentException("A native handle is never -1.", nameof(handle));

        if (parent is not null)
        {
            ObjectDisposedException.ThrowIf(parent.IsDisposed && !parentMayBeDisposed, parent);
            bool held = false;
            parent.DangerousAddRef(ref held); // throws when released; this handle is still -1, so nothing is released
            _parent = parent;
        }

        SetHandle(handle);
        _ledgerId = LeakLedger.Add(this);
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == -1;

    /// <summary>
    /// Whether the handle was disposed. Unlike <see cref="SafeHandle.IsClosed"/> this is so from the moment of the call,
    /// even while calls and children that are under way still hold the native object.
    /// </summary>
    public bool IsDisposed => _disposed || IsClosed;

    /// <summary>
    /// Whether the calling thread is the finalizer's, at work on a handle: a release must not wait there for anybody.
    /// It may be a parent's release, of a handle that was disposed itself and whose last child was not.
    /// </summary>
    protected static bool IsFinalizing => _isFinalizing;

    /// <summary>Releases the native object. Called once, on any thread, after the last reference is gone.</summary>
    /// <returns>False when the release itself failed, which only a debugger's assistant sees.</returns>
    protected abstract bool ReleaseNative();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _disposed = true;
        if (disposing)
        {
            base.Dispose(disposing);
            return;
        }

        LeakLedger.NoteFinalized(_ledgerId);
        _isFinalizing = true;
        try
        {
            base.Dispose(disposing);
        }
        finally
        {
            _isFinalizing = false;
        }
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
