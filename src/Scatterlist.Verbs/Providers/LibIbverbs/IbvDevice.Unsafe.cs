using System.Runtime.InteropServices;

namespace Scatterlist.Verbs.Providers.LibIbverbs;

/// <summary>A device by its name: the list that it was found in is freed at once.</summary>
internal sealed unsafe class IbvDevice(
    IbvLibrary library, string name, NodeType nodeType, TransportType transportType, ulong guid) : ProviderDevice
{
    internal override string Name => name;

    internal override NodeType NodeType => nodeType;

    internal override TransportType TransportType => transportType;

    internal override ulong Guid => guid;

    internal override ProviderContext Open()
    {
        int count = 0;
        nint* list = library.GetDeviceList(&count);
        if (list is null)
            throw new VerbsException($"ibv_open_device({name})", Errno.ENODEV, "the device is gone");
        try
        {
            for (int i = 0; i < count; i++)
            {
                if (Marshal.PtrToStringUTF8((nint)library.GetDeviceName(list[i])) == name)
                    return Open(list[i]);
            }
        }
        finally
        {
            library.FreeDeviceList(list);
        }

        throw new VerbsException($"ibv_open_device({name})", Errno.ENODEV, "the device is gone");
    }

    private LibIbverbsContext Open(nint device)
    {
        IbvLibrary.ClearError();
        nint context = library.OpenDevice(device);
        Errno errno = IbvLibrary.LastError();
        if (context != 0)
            return new LibIbverbsContext(library, context, name); // it has no parent that could refuse
        throw new VerbsException(
            $"ibv_open_device({name})", errno,
            remedy: errno is Errno.EACCES or Errno.EPERM
                ? "Allow access to /dev/infiniband/uverbs*: put the user into the 'rdma' group or add a udev rule."
                : null);
    }
}
