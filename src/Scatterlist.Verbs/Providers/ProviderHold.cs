using System.Runtime.CompilerServices;

namespace Scatterlist.Verbs.Providers;

/// <summary>References on provider objects for the length of a call.</summary>
internal static class ProviderHold
{
    /// <summary>Takes a reference. False when the object is disposed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryHold(this NativeHandle handle) => !handle.IsDisposed && TryAddReference(handle);

    /// <summary>Takes a reference for a set-up call, until the result is disposed.</summary>
    /// <param name="handle">The native object.</param>
    /// <param name="owner">The public object, which the exception names.</param>
    /// <exception cref="ObjectDisposedException">The object is disposed.</exception>
    internal static HeldHandle Hold(this NativeHandle handle, object owner)
    {
        ObjectDisposedException.ThrowIf(!handle.TryHold(), owner);
        return new HeldHandle(handle);
    }

    /// <summary>Takes a reference on an object that may be disposed but is kept by somebody else.</summary>
    internal static bool TryHoldDisposed(this NativeHandle handle) => TryAddReference(handle);

    private static bool TryAddReference(NativeHandle handle)
    {
        bool held = false;
        try
        {
            handle.DangerousAddRef(ref held);
        }
        catch (ObjectDisposedException)
        {
            // Released between the look and here.
        }

        return held;
    }
}
