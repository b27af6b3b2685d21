namespace Scatterlist.Opae.Interop;

/// <summary>Enumerates with libopae-c, opens by name, and gives every token back.</summary>
internal static unsafe class OpaeTokens
{
    private const uint MaxTokens = 1024;

    /// <summary>Looks at every object; tokens are valid during the call of <paramref name="look"/> alone.</summary>
    internal static FpgaResult ForEach(OpaeLibrary library, Func<nint, FpgaProperties, bool> look)
    {
        nint[] tokens = new nint[MaxTokens];
        uint count = 0;
        fixed (nint* place = tokens)
        {
            var result = (FpgaResult)library.Enumerate(null, 0, place, MaxTokens, &count);
            if (result != FpgaResult.Ok)
                return result;
        }

        bool goOn = true;
        for (int i = 0; i < Math.Min(count, MaxTokens); i++)
        {
            nint token = tokens[i];
            try
            {
                goOn = goOn && (Read(library, token) is not { } properties || look(token, properties));
            }
            finally
            {
                library.DestroyToken(&token);
            }
        }

        return FpgaResult.Ok;
    }

    internal static FpgaResult Open(OpaeLibrary library, nint token, FpgaOpenFlags flags, out nint handle)
    {
        nint opened = 0;
        var result = (FpgaResult)library.Open(token, &opened, (int)flags);
        handle = result == FpgaResult.Ok ? opened : 0;
        return result;
    }

    private static FpgaProperties? Read(OpaeLibrary library, nint token)
    {
        nint properties = 0;
        if (library.GetProperties(token, &properties) != 0)
            return null;
        try
        {
            nint read = properties;
            ulong? Get(string name, int width) => library.GetNumber("fpgaPropertiesGet" + name, read, width);
            return new FpgaProperties
            {
                ObjectType = (FpgaObjectType?)Get("ObjectType", 4),
                Interface = (FpgaInterface?)Get("Interface", 4),
                Segment = (ushort?)Get("Segment", 2),
                Bus = (byte?)Get("Bus", 1),
                Device = (byte?)Get("Device", 1),
                Function = (byte?)Get("Function", 1),
                SocketId = (byte?)Get("SocketID", 1),
                VendorId = (ushort?)Get("VendorID", 2),
                DeviceId = (ushort?)Get("DeviceID", 2),
                SubsystemVendorId = (ushort?)Get("SubsystemVendorID", 2),
                SubsystemDeviceId = (ushort?)Get("SubsystemDeviceID", 2),
                ObjectId = Get("ObjectID", 8),
                ErrorCount = (uint?)Get("NumErrors", 4),
                State = (AcceleratorState?)Get("AcceleratorState", 4),
                MmioCount = (uint?)Get("NumMMIO", 4),
                InterruptCount = (uint?)Get("NumInterrupts", 4),
                SlotCount = (uint?)Get("NumSlots", 4),
                BitstreamId = Get("BBSID", 8),
                Guid = library.GetGuid(properties),
            };
        }
        finally
        {
            library.DestroyProperties(&properties);
        }
    }
}
