using System.Runtime.CompilerServices;

namespace Scatterlist.Verbs.Providers;

/// <summary>References on provider objects for the length of a data-path call, which never throws.</summary>
internal static class ProviderHold
{
    /// <summary>Takes a reference. False when the object is disposed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryHold(this NativeHandle handle) => !handle.IsDisposed && TryAddReference(handle);

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
