namespace Scatterlist.Tests.Lifetime;

/// <summary>A native object that writes down when it is released.</summary>
internal sealed class TrackedHandle(string name, NativeHandle? parent, IList<string> log, nint handle = 1)
    : NativeHandle(handle, parent)
{
    protected override bool ReleaseNative()
    {
        lock (log)
            log.Add(name);
        return true;
    }
}
