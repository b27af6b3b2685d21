using System.Text;

namespace Scatterlist.Compare.Peers;

/// <summary>The functions of vfio.c.</summary>
internal sealed unsafe class VfioPeer : IDisposable
{
    private readonly PeerLibrary _library = PeerLibrary.Compile("vfio.c");

    /// <summary>Opens a device through its group and a container.</summary>
    public nint Open(string address, string group)
    {
        nint peer;
        fixed (byte* name = Encoding.ASCII.GetBytes(address + '\0'))
        fixed (byte* number = Encoding.ASCII.GetBytes(group + '\0'))
        {
            PeerLibrary.Check(
                ((delegate* unmanaged<byte*, byte*, nint*, int>)_library["peer_vfio_open"])(name, number, &peer),
                $"open {address}");
        }

        return peer;
    }

    /// <summary>mmap, map, unmap and munmap.</summary>
    public void Share(nint peer, nuint length, int operations) => PeerLibrary.Check(
        ((delegate* unmanaged<nint, nuint, int, int>)_library["peer_vfio_share"])(peer, length, operations), "share");

    public void Close(nint peer) => ((delegate* unmanaged<nint, void>)_library["peer_vfio_close"])(peer);

    /// <inheritdoc/>
    public void Dispose() => _library.Dispose();
}
