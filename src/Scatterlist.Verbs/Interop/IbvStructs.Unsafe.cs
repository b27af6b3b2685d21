using System.Runtime.InteropServices;

namespace Scatterlist.Verbs.Interop;

/// <summary><c>struct ibv_qp_cap</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IbvQpCap
{
    internal uint MaxSendWr;
    internal uint MaxRecvWr;
    internal uint MaxSendSge;
    internal uint MaxRecvSge;
    internal uint MaxInlineData;
}

/// <summary><c>struct ibv_ah_attr</c>, with its <c>struct ibv_global_route</c> spread out.</summary>
[StructLayout(LayoutKind.Explicit, Size = 32)]
internal struct IbvAhAttr
{
    [FieldOffset(0)]
    internal Gid DestinationGid;

    [FieldOffset(16)]
    internal uint FlowLabel;

    [FieldOffset(20)]
    internal byte SourceGidIndex;

    [FieldOffset(21)]
    internal byte HopLimit;

    [FieldOffset(22)]
    internal byte TrafficClass;

    [FieldOffset(24)]
    internal ushort DestinationLid;

    [FieldOffset(26)]
    internal byte ServiceLevel;

    [FieldOffset(27)]
    internal byte SourcePathBits;

    [FieldOffset(28)]
    internal byte StaticRate;

    [FieldOffset(29)]
    internal byte IsGlobal;

    [FieldOffset(30)]
    internal byte Port;
}

/// <summary><c>struct ibv_qp_init_attr</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IbvQpInitAttr
{
    internal nint QpContext;
    internal nint SendCq;
    internal nint RecvCq;
    internal nint Srq;
    internal IbvQpCap Cap;
    internal int QpType;
    internal int SqSigAll;
}

/// <summary><c>struct ibv_qp_attr</c>, without what is never asked for.</summary>
[StructLayout(LayoutKind.Explicit, Size = 144)]
internal struct IbvQpAttr
{
    [FieldOffset(0)]
    internal int State;

    [FieldOffset(4)]
    internal int CurrentState;

    [FieldOffset(8)]
    internal int PathMtu;

    [FieldOffset(16)]
    internal uint QueueKey;

    [FieldOffset(20)]
    internal uint ReceivePsn;

    [FieldOffset(24)]
    internal uint SendPsn;

    [FieldOffset(28)]
    internal uint DestinationQpNumber;

    [FieldOffset(32)]
    internal uint AccessFlags;

    [FieldOffset(36)]
    internal IbvQpCap Cap;

    [FieldOffset(56)]
    internal IbvAhAttr AhAttr;

    [FieldOffset(120)]
    internal ushort PKeyIndex;

    [FieldOffset(124)]
    internal byte EnableDrainedEvent;

    [FieldOffset(125)]
    internal byte IsDraining;

    [FieldOffset(126)]
    internal byte MaxReadAtomic;

    [FieldOffset(127)]
    internal byte MaxDestinationReadAtomic;

    [FieldOffset(128)]
    internal byte MinRnrTimer;

    [FieldOffset(129)]
    internal byte Port;

    [FieldOffset(130)]
    internal byte Timeout;

    [FieldOffset(131)]
    internal byte RetryCount;

    [FieldOffset(132)]
    internal byte RnrRetry;
}

/// <summary><c>struct ibv_srq_init_attr</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IbvSrqInitAttr
{
    internal nint SrqContext;
    internal IbvSrqAttr Attr;
}

/// <summary><c>struct ibv_srq_attr</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IbvSrqAttr
{
    internal uint MaxWr;
    internal uint MaxSge;
    internal uint SrqLimit;
}

/// <summary><c>struct ibv_gid_entry</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IbvGidEntry
{
    internal Gid Gid;
    internal uint GidIndex;
    internal uint PortNumber;
    internal uint GidType;
    internal uint InterfaceIndex;
}

/// <summary><c>struct ibv_alloc_dm_attr</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IbvAllocDmAttr
{
    internal nuint Length;
    internal uint LogAlignRequest;
    internal uint CompMask;
}

/// <summary><c>struct ibv_async_event</c>; the element is a pointer or a port number, by the type.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IbvAsyncEvent
{
    internal nint Element;
    internal int EventType;
}
