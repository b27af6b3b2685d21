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

    /// <summary>The same by several threads.</summary>
    /// <returns>The seconds from when all threads are there.</returns>
    public double Share(nint peer, nuint length, int operations, int threads)
    {
        long nanoseconds;
        PeerLibrary.Check(
            ((delegate* unmanaged<nint, nuint, int, int, long*, int>)_library["peer_vfio_share_by_threads"])(
                peer, length, operations, threads, &nanoseconds),
            "share");
        return nanoseconds / 1e9;
    }

    public void Close(nint peer) => ((delegate* unmanaged<nint, void>)_library["peer_vfio_close"])(peer);

    /// <inheritdoc/>
    public void Dispose() => _library.Dispose();
}
