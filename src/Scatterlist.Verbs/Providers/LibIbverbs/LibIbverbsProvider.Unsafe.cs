using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Scatterlist.Verbs.Interop;

namespace Scatterlist.Verbs.Providers.LibIbverbs;

/// <summary>Real cards, and the kernel's soft ones, by way of libibverbs.</summary>
internal sealed unsafe class LibIbverbsProvider(Func<IbvLibrary?> load) : VerbsProvider
{
    internal override string Name => VerbsProviders.LibIbverbs;

    internal override IReadOnlyList<ProviderDevice> GetDevices()
    {
        if (!SysFs.HasVerbsDevices)
            return []; // the library would say so as well, after warnings of its own
        if (load() is not { } library)
        {
            throw new VerbsException(
                $"dlopen({IbvLibrary.FileName})", Errno.ENOENT, "the library is not installed",
                IbvLibrary.InstallRemedy, VerbsErrorKind.NotSupported);
        }

        int count = 0;
        IbvLibrary.ClearError();
        nint* list = library.GetDeviceList(&count);
        var errno = (Errno)Marshal.GetLastSystemError();
        if (list is null)
        {
            if (errno is Errno.ENOSYS or Errno.None)
                return []; // the kernel has no RDMA: no hardware, and no error either
            throw new VerbsException("ibv_get_device_list", errno);
        }

        try
        {
            var devices = new ProviderDevice[count];
            for (int i = 0; i < count; i++)
                devices[i] = Describe(library, list[i]);
            return devices;
        }
        finally
        {
            library.FreeDeviceList(list);
        }
    }

    private static IbvDevice Describe(IbvLibrary library, nint device)
    {
        ulong guid = library.GetDeviceGuid(device);
        return new IbvDevice(
            library,
            Marshal.PtrToStringUTF8((nint)library.GetDeviceName(device)) ?? "",
            (NodeType)(*(int*)(device + IbvContext.DeviceNodeType)),
            (TransportType)(*(int*)(device + IbvContext.DeviceTransport)),
            BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(guid) : guid);
    }
}
