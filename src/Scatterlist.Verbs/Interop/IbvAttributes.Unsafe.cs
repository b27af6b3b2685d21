using System.Runtime.InteropServices;

namespace Scatterlist.Verbs.Interop;

/// <summary><c>struct ibv_device_attr</c>, without what has no place in the API.</summary>
[StructLayout(LayoutKind.Explicit, Size = 232)]
internal unsafe struct IbvDeviceAttr
{
    [FieldOffset(0)]
    internal fixed byte FirmwareVersion[64];

    [FieldOffset(64)]
    internal ulong NodeGuid; // network order

    [FieldOffset(72)]
    internal ulong SystemImageGuid; // network order

    [FieldOffset(80)]
    internal ulong MaxMrSize;

    [FieldOffset(88)]
    internal ulong PageSizeCap;

    [FieldOffset(96)]
    internal uint VendorId;

    [FieldOffset(100)]
    internal uint VendorPartId;

    [FieldOffset(104)]
    internal uint HardwareVersion;

    [FieldOffset(108)]
    internal int MaxQp;

    [FieldOffset(112)]
    internal int MaxQpWr;

    [FieldOffset(116)]
    internal uint DeviceCapFlags;

    [FieldOffset(120)]
    internal int MaxSge;

    [FieldOffset(124)]
    internal int MaxSgeRd;

    [FieldOffset(128)]
    internal int MaxCq;

    [FieldOffset(132)]
    internal int MaxCqe;

    [FieldOffset(136)]
    internal int MaxMr;

    [FieldOffset(140)]
    internal int MaxPd;

    [FieldOffset(144)]
    internal int MaxQpRdAtom;

    [FieldOffset(152)]
    internal int MaxResRdAtom;

    [FieldOffset(156)]
    internal int MaxQpInitRdAtom;

    [FieldOffset(164)]
    internal int AtomicCap;

    [FieldOffset(176)]
    internal int MaxMw;

    [FieldOffset(188)]
    internal int MaxMcastGrp;

    [FieldOffset(192)]
    internal int MaxMcastQpAttach;

    [FieldOffset(196)]
    internal int MaxTotalMcastQpAttach;

    [FieldOffset(200)]
    internal int MaxAh;

    [FieldOffset(212)]
    internal int MaxSrq;

    [FieldOffset(216)]
    internal int MaxSrqWr;

    [FieldOffset(220)]
    internal int MaxSrqSge;

    [FieldOffset(224)]
    internal ushort MaxPkeys;

    [FieldOffset(226)]
    internal byte LocalCaAckDelay;

    [FieldOffset(227)]
    internal byte PhysPortCnt;
}

/// <summary><c>struct ibv_device_attr_ex</c>: the device's memory is all that is wanted of it.</summary>
[StructLayout(LayoutKind.Explicit, Size = 400)]
internal struct IbvDeviceAttrEx
{
    [FieldOffset(0)]
    internal IbvDeviceAttr Original;

    [FieldOffset(376)]
    internal ulong MaxDmSize;
}

/// <summary><c>struct ibv_port_attr</c> up to what is wanted of it; the library's is longer.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IbvPortAttr
{
    internal int State;
    internal int MaxMtu;
    internal int ActiveMtu;
    internal int GidTblLen;
    internal uint PortCapFlags;
    internal uint MaxMsgSz;
    internal uint BadPkeyCntr;
    internal uint QkeyViolCntr;
    internal ushort PkeyTblLen;
    internal ushort Lid;
    internal ushort SmLid;
    internal byte Lmc;
    internal byte MaxVlNum;
    internal byte SmSl;
    internal byte SubnetTimeout;
    internal byte InitTypeReply;
    internal byte ActiveWidth;
    internal byte ActiveSpeed;
    internal byte PhysState;
    internal byte LinkLayer;
    internal byte Flags;
}
