namespace Scatterlist.Verbs.Providers;

/// <summary>Memory of the device (struct ibv_dm). Regions keep it.</summary>
internal abstract unsafe class ProviderDeviceMemory(nint handle, ProviderContext context)
    : NativeHandle(handle, context)
{
    /// <summary>Regions that are registered on it now: while there are any, a free is refused as busy.</summary>
    internal abstract int Regions { get; }

    /// <summary>Offsets and lengths were checked against the allocation; the device may ask for more
    /// (alignment).</summary>
    internal abstract Errno CopyTo(nuint offset, byte* source, nuint length);

    internal abstract Errno CopyFrom(nuint offset, byte* destination, nuint length);
}
