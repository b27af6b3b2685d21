using System.Runtime.InteropServices;

namespace Scatterlist.Opae.Interop;

/// <summary>
/// The functions of a loaded libopae-c, version 2. It stays loaded for the life of the process: its plugins have threads
/// and exit handlers. Every call returns OPAE's code as a number.
/// </summary>
internal sealed unsafe class OpaeLibrary
{
    internal const string FileName = "libopae-c.so.2";
    internal const int GuidBytes = 16;

    internal readonly delegate* unmanaged<void*, uint, nint*, uint, uint*, int> Enumerate;
    internal readonly delegate* unmanaged<nint*, int> DestroyToken;
    internal readonly delegate* unmanaged<nint, nint*, int> GetProperties;
    internal readonly delegate* unmanaged<nint*, int> DestroyProperties;
    internal readonly delegate* unmanaged<nint, nint*, int, int> Open;
    internal readonly delegate* unmanaged<nint, int> Close;
    internal readonly delegate* unmanaged<nint, int> Reset;
    internal readonly delegate* unmanaged<nint, uint, ulong**, int> MapMmio;
    internal readonly delegate* unmanaged<nint, uint, ulong, uint*, int> Read32;
    internal readonly delegate* unmanaged<nint, uint, ulong, ulong*, int> Read64;
    internal readonly delegate* unmanaged<nint, uint, ulong, uint, int> Write32;
    internal readonly delegate* unmanaged<nint, uint, ulong, ulong, int> Write64;
    internal readonly delegate* unmanaged<nint, uint, ulong, void*, int> Write512;
    internal readonly delegate* unmanaged<nint, ulong, void**, ulong*, int, int> PrepareBuffer;
    internal readonly delegate* unmanaged<nint, ulong, int> ReleaseBuffer;
    internal readonly delegate* unmanaged<nint, ulong, ulong*, int> GetIOAddress;
    internal readonly delegate* unmanaged<nint*, int> CreateEventHandle;
    internal readonly delegate* unmanaged<nint*, int> DestroyEventHandle;
    internal readonly delegate* unmanaged<nint, int, nint, uint, int> RegisterEvent;
    internal readonly delegate* unmanaged<nint, int, nint, int> UnregisterEvent;
    internal readonly delegate* unmanaged<nint, int*, int> GetOSObject;

    private readonly nint _library;

    private OpaeLibrary(nint library)
    {
        _library = library;
        Enumerate = (delegate* unmanaged<void*, uint, nint*, uint, uint*, int>)Find("fpgaEnumerate");
        DestroyToken = (delegate* unmanaged<nint*, int>)Find("fpgaDestroyToken");
        GetProperties = (delegate* unmanaged<nint, nint*, int>)Find("fpgaGetProperties");
        DestroyProperties = (delegate* unmanaged<nint*, int>)Find("fpgaDestroyProperties");
        Open = (delegate* unmanaged<nint, nint*, int, int>)Find("fpgaOpen");
        Close = (delegate* unmanaged<nint, int>)Find("fpgaClose");
        Reset = (delegate* unmanaged<nint, int>)Find("fpgaReset");
        MapMmio = (delegate* unmanaged<nint, uint, ulong**, int>)Find("fpgaMapMMIO");
        Read32 = (delegate* unmanaged<nint, uint, ulong, uint*, int>)Find("fpgaReadMMIO32");
        Read64 = (delegate* unmanaged<nint, uint, ulong, ulong*, int>)Find("fpgaReadMMIO64");
        Write32 = (delegate* unmanaged<nint, uint, ulong, uint, int>)Find("fpgaWriteMMIO32");
        Write64 = (delegate* unmanaged<nint, uint, ulong, ulong, int>)Find("fpgaWriteMMIO64");
        Write512 = (delegate* unmanaged<nint, uint, ulong, void*, int>)Find("fpgaWriteMMIO512");
        PrepareBuffer = (delegate* unmanaged<nint, ulong, void**, ulong*, int, int>)Find("fpgaPrepareBuffer");
        ReleaseBuffer = (delegate* unmanaged<nint, ulong, int>)Find("fpgaReleaseBuffer");
        GetIOAddress = (delegate* unmanaged<nint, ulong, ulong*, int>)Find("fpgaGetIOAddress");
        CreateEventHandle = (delegate* unmanaged<nint*, int>)Find("fpgaCreateEventHandle");
        DestroyEventHandle = (delegate* unmanaged<nint*, int>)Find("fpgaDestroyEventHandle");
        RegisterEvent = (delegate* unmanaged<nint, int, nint, uint, int>)Find("fpgaRegisterEvent");
        UnregisterEvent = (delegate* unmanaged<nint, int, nint, int>)Find("fpgaUnregisterEvent");
        GetOSObject = (delegate* unmanaged<nint, int*, int>)Find("fpgaGetOSObjectFromEventHandle");
    }

    /// <summary>Loads the library; null when it is not there or is another version.</summary>
    internal static OpaeLibrary? TryLoad(string path, out string? problem)
    {
        problem = null;
        if (!NativeLibrary.TryLoad(path, out nint library))
        {
            problem = $"{path} cannot be loaded";
            return null;
        }

        try
        {
            return new OpaeLibrary(library);
        }
        catch (EntryPointNotFoundException exception)
        {
            problem = $"{path} has not every function: {exception.Message}";
            return null;
        }
    }

    /// <summary>One property of an object as a number; null when it has no such property.</summary>
    /// <param name="getter">The function, as <c>fpgaPropertiesGetBus</c>.</param>
    /// <param name="properties">The properties object.</param>
    /// <param name="width">Bytes that the function writes, up to 8.</param>
    internal ulong? GetNumber(string getter, nint properties, int width)
    {
        ulong value = 0; // zeros above what is written: x86-64 and arm64 are little-endian
        var get = (delegate* unmanaged<nint, void*, int>)Find(getter);
        return get(properties, &value) == 0 ? value & (ulong.MaxValue >> (64 - (8 * width))) : null;
    }

    /// <summary>The GUID, whose bytes are the most significant first.</summary>
    internal Guid? GetGuid(nint properties)
    {
        byte* bytes = stackalloc byte[GuidBytes];
        var get = (delegate* unmanaged<nint, void*, int>)Find("fpgaPropertiesGetGUID");
        return get(properties, bytes) == 0
            ? new Guid(new ReadOnlySpan<byte>(bytes, GuidBytes), bigEndian: true)
            : null;
    }

    private nint Find(string function) => NativeLibrary.GetExport(_library, function);
}
