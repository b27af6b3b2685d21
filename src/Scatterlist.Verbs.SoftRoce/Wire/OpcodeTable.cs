namespace Scatterlist.Verbs.SoftRoce.Wire;

/// <summary>The traits of all 256 opcodes, and the bytes that their headers take.</summary>
internal static class OpcodeTable
{
    private static readonly OpcodeTraits[] Traits = MakeTraits();
    private static readonly byte[] Lengths = MakeLengths();

    /// <summary>What the opcode says; <see cref="OpcodeTraits.None"/> where it is not known.</summary>
    internal static OpcodeTraits TraitsOf(Opcode opcode) => Traits[(byte)opcode];

    /// <summary>Bytes of the BTH and the extension headers; 0 where the opcode is not known.</summary>
    internal static int HeaderLengthOf(Opcode opcode) => Lengths[(byte)opcode];

    /// <summary>The queue pair type that takes such packets; null for none (unknown, or a notification).</summary>
    internal static QueuePairType? TypeOf(OpcodeTraits traits) => (traits & OpcodeTraits.TransportMask) switch
    {
        OpcodeTraits.Rc => QueuePairType.ReliableConnected,
        OpcodeTraits.Uc => QueuePairType.UnreliableConnected,
        OpcodeTraits.Ud => QueuePairType.UnreliableDatagram,
        _ => null,
    };

    private static OpcodeTraits[] MakeTraits()
    {
        var traits = new OpcodeTraits[256];
        AddMessages(traits, 0x00, OpcodeTraits.Rc);
        AddMessages(traits, 0x20, OpcodeTraits.Uc);

        Set(Opcode.RcReadRequest, OpcodeTraits.Rc | OpcodeTraits.ReadRequest | OpcodeTraits.Only | OpcodeTraits.Reth);
        const OpcodeTraits Response = OpcodeTraits.Rc | OpcodeTraits.Response;
        const OpcodeTraits Read = Response | OpcodeTraits.ReadResponse | OpcodeTraits.Payload;
        Set(Opcode.RcReadResponseFirst, Read | OpcodeTraits.Starts | OpcodeTraits.Aeth);
        Set(Opcode.RcReadResponseMiddle, Read); // the only response without an AETH
        Set(Opcode.RcReadResponseLast, Read | OpcodeTraits.Ends | OpcodeTraits.Aeth);
        Set(Opcode.RcReadResponseOnly, Read | OpcodeTraits.Only | OpcodeTraits.Aeth);
        Set(Opcode.RcAcknowledge, Response | OpcodeTraits.Acknowledge | OpcodeTraits.Only | OpcodeTraits.Aeth);
        Set(
            Opcode.RcAtomicAcknowledge,
            Response | OpcodeTraits.AtomicAcknowledge | OpcodeTraits.Only | OpcodeTraits.Aeth | OpcodeTraits.AtomicAckEth);
        const OpcodeTraits Atomic =
            OpcodeTraits.Rc | OpcodeTraits.Atomic | OpcodeTraits.Only | OpcodeTraits.AtomicEth;
        Set(Opcode.RcCompareSwap, Atomic);
        Set(Opcode.RcFetchAdd, Atomic);
        const OpcodeTraits Invalidate =
            OpcodeTraits.Rc | OpcodeTraits.Send | OpcodeTraits.Payload | OpcodeTraits.Ends | OpcodeTraits.Invalidate;
        Set(Opcode.RcSendLastInvalidate, Invalidate);
        Set(Opcode.RcSendOnlyInvalidate, Invalidate | OpcodeTraits.Starts);

        const OpcodeTraits Datagram =
            OpcodeTraits.Ud | OpcodeTraits.Send | OpcodeTraits.Payload | OpcodeTraits.Only | OpcodeTraits.Deth;
        Set(Opcode.UdSendOnly, Datagram);
        Set(Opcode.UdSendOnlyImmediate, Datagram | OpcodeTraits.Immediate);
        Set(Opcode.CongestionNotification, OpcodeTraits.Congestion | OpcodeTraits.Only | OpcodeTraits.Payload);
        return traits;

        void Set(Opcode opcode, OpcodeTraits value) => traits[(byte)opcode] = value;
    }

    /// <summary>SEND and WRITE, which RC and UC share.</summary>
    private static void AddMessages(OpcodeTraits[] traits, int transport, OpcodeTraits common)
    {
        OpcodeTraits send = common | OpcodeTraits.Send | OpcodeTraits.Payload;
        OpcodeTraits write = common | OpcodeTraits.Write | OpcodeTraits.Payload;
        traits[transport + 0x0] = send | OpcodeTraits.Starts;
        traits[transport + 0x1] = send;
        traits[transport + 0x2] = send | OpcodeTraits.Ends;
        traits[transport + 0x3] = send | OpcodeTraits.Ends | OpcodeTraits.Immediate;
        traits[transport + 0x4] = send | OpcodeTraits.Only;
        traits[transport + 0x5] = send | OpcodeTraits.Only | OpcodeTraits.Immediate;
        traits[transport + 0x6] = write | OpcodeTraits.Starts | OpcodeTraits.Reth;
        traits[transport + 0x7] = write;
        traits[transport + 0x8] = write | OpcodeTraits.Ends;
        traits[transport + 0x9] = write | OpcodeTraits.Ends | OpcodeTraits.Immediate;
        traits[transport + 0xa] = write | OpcodeTraits.Only | OpcodeTraits.Reth;
        traits[transport + 0xb] = write | OpcodeTraits.Only | OpcodeTraits.Reth | OpcodeTraits.Immediate;
    }

    private static byte[] MakeLengths()
    {
        var lengths = new byte[256];
        for (int i = 0; i < lengths.Length; i++)
        {
            OpcodeTraits traits = Traits[i];
            if (traits == OpcodeTraits.None)
                continue;
            int length = HeaderSizes.Base;
            Add(OpcodeTraits.Reth, HeaderSizes.Reth);
            Add(OpcodeTraits.AtomicEth, HeaderSizes.AtomicEth);
            Add(OpcodeTraits.Aeth, HeaderSizes.Aeth);
            Add(OpcodeTraits.AtomicAckEth, HeaderSizes.AtomicAckEth);
            Add(OpcodeTraits.Immediate, HeaderSizes.Immediate);
            Add(OpcodeTraits.Invalidate, HeaderSizes.Invalidate);
            Add(OpcodeTraits.Deth, HeaderSizes.Deth);
            lengths[i] = (byte)length;

            void Add(OpcodeTraits header, int size) => length += (traits & header) != 0 ? size : 0;
        }

        return lengths;
    }
}
