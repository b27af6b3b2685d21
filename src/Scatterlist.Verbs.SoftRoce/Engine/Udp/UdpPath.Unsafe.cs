using System.Runtime.CompilerServices;
using Scatterlist.Verbs.SoftRoce.Interop;
using Scatterlist.Verbs.SoftRoce.Wire;

namespace Scatterlist.Verbs.SoftRoce.Engine.Udp;

/// <summary>The way to one address by a <see cref="UdpPort"/>, whose batch all of its paths share.</summary>
internal sealed unsafe class UdpPath : PacketPath
{
    private const int StateEntries = 16;

    private readonly byte[] _address; // pinned: the kernel reads it
    private readonly uint[] _states = new uint[StateEntries]; // by lengths: data and acknowledgements alternate
    private readonly int[] _stateLengths = new int[StateEntries];

    internal UdpPath(UdpPort port, in Gid destination, byte[] address, int maxPayload)
    {
        Port = port;
        Destination = destination;
        _address = address;
        MaxPayload = maxPayload;
    }

    internal UdpPort Port { get; }

    internal Gid Destination { get; }

    internal override int MaxPayload { get; }

    internal override bool IsReliable => false;

    internal override int WindowPackets => Port.WindowPackets;

    internal void* Address => Unsafe.AsPointer(ref _address[0]);

    internal uint AddressLength => (uint)_address.Length;

    internal override bool TryQueue(
        ReadOnlySpan<byte> header, ReadOnlySpan<Block> payload, int padding, byte trafficClass, byte hopLimit) =>
        Port.TryQueue(this, header, payload, padding, trafficClass, hopLimit);

    internal override void Flush() => Port.Flush();

    /// <summary>The ICRC's state behind the UDP header of a packet of that length, identification 0.</summary>
    internal uint HeaderState(int length)
    {
        int index = (length >> 2) & (StateEntries - 1);
        if (length != _stateLengths[index])
        {
            ushort port = (ushort)Port.Number;
            _states[index] = Icrc.HeaderState(Port.Local, Destination, port, port, length);
            _stateLengths[index] = length;
        }

        return _states[index];
    }
}
