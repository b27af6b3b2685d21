using System.Text;

namespace Scatterlist.Compare.Peers;

/// <summary>The functions of rxe.c.</summary>
internal sealed unsafe class RxePeer : IDisposable
{
    private readonly PeerLibrary _library = PeerLibrary.Compile("rxe.c", "-libverbs");
    private readonly nint _peer;

    /// <summary>Opens a device and connects two of its queue pairs with each other.</summary>
    /// <param name="device">Its name.</param>
    /// <param name="gidIndex">Which of its addresses.</param>
    public RxePeer(string device, int gidIndex)
    {
        fixed (byte* name = Encoding.UTF8.GetBytes(device + "\0"))
            _peer = ((delegate* unmanaged<byte*, int, nint>)_library["peer_start"])(name, gidIndex);
        if (_peer == 0)
            throw new CannotMeasureException($"The C side cannot use {device}.");
    }

    /// <summary>So many writes.</summary>
    public void Write(int size, int count) => PeerLibrary.Check(
        ((delegate* unmanaged<nint, int, long, int>)_library["peer_write"])(_peer, size, count), "peer_write");

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_peer != 0)
            ((delegate* unmanaged<nint, void>)_library["peer_stop"])(_peer);
        _library.Dispose();
    }
}
