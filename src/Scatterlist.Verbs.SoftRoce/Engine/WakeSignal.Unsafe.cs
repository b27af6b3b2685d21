using Scatterlist.Verbs.SoftRoce.Interop;

namespace Scatterlist.Verbs.SoftRoce.Engine;

/// <summary>An eventfd(2): set by any thread, readable until taken.</summary>
internal sealed unsafe class WakeSignal : NativeHandle
{
    private WakeSignal(int descriptor)
        : base(descriptor, null)
    {
    }

    internal int Descriptor => (int)handle;

    /// <param name="counts">Whether each take takes one set (EFD_SEMAPHORE), or all of them.</param>
    /// <exception cref="VerbsException">The process has no descriptor left.</exception>
    internal static WakeSignal Create(bool counts)
    {
        int fd = WaitCalls.EventFd(
            0, WaitCalls.EfdCloseOnExec | WaitCalls.EfdNonBlock | (counts ? WaitCalls.EfdSemaphore : 0));
        if (fd >= 0)
            return new WakeSignal(fd);
        var errno = (Errno)System.Runtime.InteropServices.Marshal.GetLastPInvokeError();
        throw new VerbsException("eventfd()", errno, remedy: Remedies.OpenFiles);
    }

    internal void Set()
    {
        bool held = false;
        try
        {
            DangerousAddRef(ref held); // a wake-up may come from the last completion, while the owner is being disposed
            ulong one = 1;
            WaitCalls.Write((int)handle, &one, sizeof(ulong));
        }
        catch (ObjectDisposedException)
        {
            // nobody is left to wake
        }
        finally
        {
            if (held)
                DangerousRelease();
        }
    }

    internal bool TryTake()
    {
        bool held = false;
        try
        {
            DangerousAddRef(ref held); // the number of a closed descriptor may be another's by now
            ulong value;
            return WaitCalls.Read((int)handle, &value, sizeof(ulong)) == sizeof(ulong);
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
        finally
        {
            if (held)
                DangerousRelease();
        }
    }

    protected override bool ReleaseNative()
    {
        FileDescriptor.FromOwned((int)handle).Dispose();
        return true;
    }
}
